import { expect, it } from 'vitest';
import { addressOf } from './address';

it('keeps what is near to a letter, and nothing at its ends', () => {
  expect(addressOf('  Zürich & Umland!', 60)).toBe('zurich-umland');
  expect(addressOf('Große Straße', 60)).toBe('grosse-strasse');
  expect(addressOf('商店', 60)).toBe('');
  expect(addressOf('a_long name', 6)).toBe('a_long');
});
