// Colours and density: of this browser, on the root element, where the style sheets look.
import { create } from 'zustand';
import { local } from '../state/preferences';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';

export const useAppearance = create<{ theme: Theme; density: Density }>(() => ({
  theme: local.get<Theme>('theme', 'system'),
  density: local.get<Density>('density', 'comfortable'),
}));

export const applyAppearance = (): void => {
  const { theme, density } = useAppearance.getState();
  const root = document.documentElement;
  if (theme === 'system') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', theme);
  root.setAttribute('data-density', density);
};

export const choose = (what: Partial<{ theme: Theme; density: Density }>): void => {
  useAppearance.setState(what);
  for (const [key, value] of Object.entries(what)) local.set(key, value);
  applyAppearance();
};
