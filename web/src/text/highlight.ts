// Colours for code, fetched when the first code is shown.
import { once } from '../once';

const loaded = once(() => import('highlight.js/lib/common').then((module) => module.default));

const CODE_MAX = 20_000;

export const highlight = async (within: Element): Promise<void> => {
  const blocks = [...within.querySelectorAll('pre > code[data-language]:not([data-highlighted])')];
  if (!blocks.length) return;
  const highlighter = await loaded();
  for (const block of blocks) {
    const language = block.getAttribute('data-language') ?? '';
    const code = block.textContent ?? '';
    if (!highlighter.getLanguage(language) || code.length > CODE_MAX) continue;
    // Its output is its own spans around escaped text.
    block.innerHTML = highlighter.highlight(code, { language, ignoreIllegals: true }).value;
    block.setAttribute('data-highlighted', 'yes');
  }
};
