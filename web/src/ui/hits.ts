// Marks words in what is already shown, text node by text node: no HTML is made of them.

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export const markHits = (within: Element, words: readonly string[]): void => {
  const wanted = words.filter(Boolean);
  if (!wanted.length) return;
  const pattern = new RegExp(`(${wanted.map(escaped).join('|')})`, 'giu');
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (node.parentElement?.closest('.markdown') && !node.parentElement.closest('mark')) nodes.push(node);
  }
  for (const node of nodes) {
    const parts = node.data.split(pattern);
    if (parts.length < 2) continue;
    node.replaceWith(
      ...parts.map((part, n) => {
        if (n % 2 === 0) return part;
        const mark = document.createElement('mark');
        mark.textContent = part;
        return mark;
      }),
    );
  }
};
