// From what was written to what is shown. `marked` reads it, this adds the marks of chat, and DOMPurify
// lets through what is on its list. Everything that comes from people goes through here or is text.
import DOMPurify from 'dompurify';
import { Marked, type TokenizerAndRendererExtension, type Tokens } from 'marked';
import { emojiNamed } from './emoji';

const MENTION = /^@([a-z0-9][a-z0-9._-]*)/i;
const CHANNEL = /^~([a-z0-9][a-z0-9_-]*)/;
const EMOJI = /^:([a-z0-9_+-]+):/;
const HASHTAG = /^#([\p{L}][\p{L}\p{N}_.-]*[\p{L}\p{N}])/u;
const JUMBO_MAX = 3;

const escaped = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!,
  );

/** A mark that begins with one character, at the beginning of a word. */
const mark = (
  name: string,
  sign: string,
  pattern: RegExp,
  html: (raw: string, word: string) => string | false,
): TokenizerAndRendererExtension => {
  const before = new RegExp(`(?:^|[^\\p{L}\\p{N}])${sign}`, 'u');
  return {
    name,
    level: 'inline',
    start: (source) => {
      const found = before.exec(source);
      return found ? found.index + found[0].length - sign.length : undefined;
    },
    tokenizer: (source, tokens) => {
      // In the middle of a word it is not meant.
      if (/[\p{L}\p{N}]$/u.test(tokens.at(-1)?.raw ?? '')) return undefined;
      const found = pattern.exec(source);
      if (!found || html(found[0], found[1]!) === false) return undefined;
      return { type: name, raw: found[0], word: found[1] };
    },
    renderer: (token) => html(token.raw, token.word as string) || escaped(token.raw),
  };
};

const emojiHtml = (name: string): string | false => {
  const emoji = emojiNamed(name);
  if (!emoji) return false;
  const label = escaped(`:${name}:`);
  return emoji.image
    ? `<img class="emoji" src="${escaped(emoji.image)}" alt="${label}" title="${label}">`
    : `<span class="emoji" role="img" aria-label="${label}" title="${label}">${emoji.character}</span>`;
};

const trailing = /[._-]+$/;

const mentionHtml = (raw: string, word: string): string => {
  const name = word.replace(trailing, '');
  return `<a class="mention" data-mention="${escaped(name.toLowerCase())}" role="button" tabindex="0">@${escaped(name)}</a>${escaped(raw.slice(name.length + 1))}`;
};

const marked = new Marked({ gfm: true, breaks: true }).use({
  extensions: [
    mark('mention', '@', MENTION, mentionHtml),
    mark('channel', '~', CHANNEL, (_, word) => {
      const name = word.replace(trailing, '');
      return `<a class="channel-link" data-channel="${escaped(name)}" role="link" tabindex="0">~${escaped(name)}</a>${escaped(word.slice(name.length))}`;
    }),
    mark('emoji', ':', EMOJI, (_, word) => emojiHtml(word)),
    mark(
      'hashtag',
      '#',
      HASHTAG,
      (raw) =>
        `<a class="hashtag" data-hashtag="${escaped(raw)}" role="button" tabindex="0">${escaped(raw)}</a>`,
    ),
  ],
  renderer: {
    // What looks like HTML was written as text.
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
    // Pictures from elsewhere would tell elsewhere who reads: a link, as it was written.
    image: ({ href, text }: Tokens.Image) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    code: ({ text, lang }: Tokens.Code) => {
      const language = /^[\w+#-]{1,20}$/.exec(lang ?? '')?.[0].toLowerCase() ?? '';
      return `<pre tabindex="0"><code${language ? ` data-language="${language}"` : ''}>${escaped(text)}</code></pre>`;
    },
    checkbox: ({ checked }: Tokens.Checkbox) => `<span class="task">${checked ? '☑' : '☐'} </span>`,
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    ...[
      'a',
      'b',
      'blockquote',
      'br',
      'code',
      'del',
      'em',
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'hr',
      'img',
      'li',
    ],
    ...['mark', 'ol', 'p', 'pre', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ],
  ALLOWED_ATTR: [
    ...[
      'href',
      'src',
      'alt',
      'title',
      'class',
      'role',
      'tabindex',
      'aria-label',
      'start',
      'align',
      'rel',
      'target',
    ],
    ...['data-mention', 'data-channel', 'data-hashtag', 'data-language'],
  ],
  // Their values are words, not addresses.
  ADD_URI_SAFE_ATTR: [
    ...['role', 'tabindex', 'aria-label', 'start', 'align', 'rel', 'target'],
    ...['data-mention', 'data-channel', 'data-hashtag', 'data-language'],
  ],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|\/api\/v4\/emoji\/)/i,
};

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (
    node.tagName === 'IMG' &&
    !/^\/api\/v4\/emoji\/[a-z0-9]{26}\/image$/.test(node.getAttribute('src') ?? '')
  )
    node.remove();
  if (node.tagName !== 'A' || !node.hasAttribute('href')) return;
  node.setAttribute('rel', 'noopener noreferrer nofollow');
  node.setAttribute('target', '_blank');
});

const cache = new Map<string, string>();
const CACHE_MAX = 800;

export const forgetRendered = (): void => cache.clear();

const isJumbo = (message: string): boolean => {
  const words = message.trim().split(/\s+/);
  return (
    words.length <= JUMBO_MAX &&
    words.every(
      (word) =>
        /^\p{Extended_Pictographic}(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)*$/u.test(
          word,
        ) || /^(:[a-z0-9_+-]+:)+$/.test(word),
    )
  );
};

/** Safe HTML. */
export const render = (message: string): string => {
  const held = cache.get(message);
  if (held !== undefined) return held;
  const html = DOMPurify.sanitize(marked.parse(message, { async: false }), ALLOWED);
  const shown = isJumbo(message) && html.includes('<p>') ? html.replace('<p>', '<p class="jumbo">') : html;
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value!);
  cache.set(message, shown);
  return shown;
};

/** One line of plain text, for where there is room for no more. */
export const plain = (message: string): string => {
  const box = document.createElement('template');
  box.innerHTML = render(message);
  return (box.content.textContent ?? '').replace(/\s+/g, ' ').trim();
};
