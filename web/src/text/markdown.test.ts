import { beforeAll, describe, expect, it } from 'vitest';
import { set } from '../state/store';
import { loadEmoji } from './emoji';
import { forgetRendered, plain, render } from './markdown';
import PAYLOADS from './payloads.json';

const shown = (message: string): HTMLElement => {
  const box = document.createElement('div');
  box.innerHTML = render(message);
  return box;
};

beforeAll(async () => {
  await loadEmoji();
  const image = {
    id: 'a'.repeat(26),
    name: 'party_ferris',
    creator_id: '',
    create_at: 0,
    update_at: 0,
    delete_at: 0,
  };
  set({ emojis: { party_ferris: { ...image, category: 'custom' } as never } });
  forgetRendered();
});

// None of it may come to life: here the HTML is looked at, in the tests with a browser whether anything
// ran (each sets `window.pwned` if it does).
describe('what is hostile', () => {
  const SAFE_ATTRIBUTES =
    /^(href|src|alt|title|class|role|tabindex|aria-label|start|align|rel|target|data-(mention|channel|hashtag|language))$/;
  it.each(PAYLOADS)('stays inert: %s', (payload) => {
    for (const element of shown(payload).querySelectorAll('*')) {
      expect(element.tagName).toMatch(
        /^(A|B|BLOCKQUOTE|BR|CODE|DEL|EM|H[1-6]|HR|IMG|LI|OL|P|PRE|SPAN|STRONG|TABLE|TBODY|TD|TH|THEAD|TR|UL)$/,
      );
      for (const { name } of element.attributes) expect(name).toMatch(SAFE_ATTRIBUTES);
      const href = element.getAttribute('href');
      if (href !== null) expect(href).toMatch(/^(https?:|mailto:|tel:)/);
      if (element.tagName === 'IMG')
        expect(element.getAttribute('src')).toMatch(/^\/api\/v4\/emoji\/[a-z0-9]{26}\/image$/);
    }
  });

  it('is shown as it was written', () => {
    expect(shown('a <b>bold</b> <script>x</script> move').textContent?.trim()).toBe(
      'a <b>bold</b> <script>x</script> move',
    );
  });
});

describe('what is written', () => {
  it.each([
    ['**bold** *italic* ~~gone~~', 'strong'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', 'table'],
    ['- [ ] open\n- [x] done', 'li'],
    ['1. one\n2. two', 'ol'],
    ['> said', 'blockquote'],
    ['line\nline', 'br'],
  ])('%s has a %s', (message, tag) => {
    expect(shown(message).querySelector(tag)).not.toBeNull();
  });

  it('names the language of code, and keeps the code', () => {
    const code = shown('```rust\nfn main() { let x = "<&>"; }\n```').querySelector('code');
    expect(code?.dataset.language).toBe('rust');
    expect(code?.textContent).toContain('"<&>"');
  });

  it('opens links elsewhere, without telling where they were', () => {
    const link = shown('see https://example.org/a_b').querySelector('a');
    expect(link?.href).toBe('https://example.org/a_b');
    expect(link?.target).toBe('_blank');
    expect(link?.rel).toContain('noreferrer');
  });

  it('makes links of pictures from elsewhere', () => {
    const box = shown('![cat](https://example.org/cat.png)');
    expect(box.querySelector('img')).toBeNull();
    expect(box.querySelector('a')?.textContent).toBe('cat');
  });

  it('knows mentions, channels and hashtags where a word begins', () => {
    const box = shown('hi @ada.l, see ~town-square and #release. mail me@example.org, 3~4, a#b');
    expect([...box.querySelectorAll('[data-mention]')].map((e) => e.textContent)).toEqual(['@ada.l']);
    expect([...box.querySelectorAll('[data-channel]')].map((e) => e.textContent)).toEqual(['~town-square']);
    expect([...box.querySelectorAll('[data-hashtag]')].map((e) => e.textContent)).toEqual(['#release']);
    expect(shown('thanks @bob.').textContent?.trim()).toBe('thanks @bob.');
  });

  it('leaves marks inside of code alone', () => {
    expect(shown('`@ada ~town :smile:`').querySelector('[data-mention], [data-channel], .emoji')).toBeNull();
  });

  it('shows emoji by name, standard and custom, and unknown names as they are', () => {
    expect(shown('well done :tada: 12:30:45').querySelector('.emoji')?.textContent).toBe('🎉');
    expect(shown('x :party_ferris:').querySelector('img.emoji')?.getAttribute('src')).toContain(
      '/api/v4/emoji/',
    );
    expect(shown(':no_such_emoji:').textContent?.trim()).toBe(':no_such_emoji:');
  });

  it('shows emoji alone large', () => {
    expect(shown(':tada:').querySelector('.jumbo')).not.toBeNull();
    expect(shown('yes :tada:').querySelector('.jumbo')).toBeNull();
  });

  it('comes down to one line', () => {
    expect(plain('# Title\n\n**bold** and `code`')).toBe('Title bold and code');
  });
});
