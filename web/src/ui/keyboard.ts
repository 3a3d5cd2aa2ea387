// What works everywhere: shortcuts, and the marks inside of messages, which are plain HTML.
import { unreadOf } from '../state/channels';
import { inSidebarOrder } from '../state/sidebar';
import { get, open, set } from '../state/store';
import { showCard } from './ProfileCard';
import { goTo, goToChannel, goToPost, search, userNamed } from './places';

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
export const MODIFIER = isMac ? '⌘' : 'Ctrl';

const step = (by: 1 | -1, unreadOnly: boolean): void => {
  const state = get();
  const ids = inSidebarOrder(state);
  const at = ids.indexOf(state.channelId);
  for (let n = 1; n <= ids.length; n++) {
    const id = ids[(at + by * n + ids.length * 2) % ids.length]!;
    const unread = unreadOf(state, id);
    if (!unreadOnly || unread.messages || unread.mentions) return goToChannel(id);
  }
};

const onKey = (event: KeyboardEvent): void => {
  const modified = isMac ? event.metaKey : event.ctrlKey;
  const act = (work: () => void) => {
    event.preventDefault();
    work();
  };
  if (modified && !event.shiftKey && event.key === 'k') {
    return act(() => open(get().dialog?.kind === 'switcher' ? null : { kind: 'switcher' }));
  }
  if (modified && !event.shiftKey && event.key === 'f') {
    const field = document.getElementById('search');
    if (field && field !== document.activeElement) return act(() => field.focus());
  }
  if (modified && event.key === '/') return act(() => open({ kind: 'keys' }));
  if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    return act(() => step(event.key === 'ArrowDown' ? 1 : -1, event.shiftKey));
  }
  if (
    event.key === 'Escape' &&
    !event.defaultPrevented &&
    !get().dialog &&
    get().pane &&
    !isInLayer(event.target)
  ) {
    set({ pane: null });
    document.getElementById('composer')?.focus();
  }
};

export const isInLayer = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('.layer, .modal, .suggestions') !== null;

const activate = (event: MouseEvent | KeyboardEvent): void => {
  if (!(event.target instanceof Element)) return;
  if (event instanceof KeyboardEvent && event.key !== 'Enter') return;
  const mark = event.target.closest<HTMLElement>(
    '[data-mention], [data-channel], [data-hashtag], .markdown a[href]',
  );
  if (!mark) return;
  const { mention, channel, hashtag } = mark.dataset;
  const href = mark.getAttribute('href');
  if (mention) {
    userNamed(mention).then(
      (id) => showCard(id, mark),
      () => undefined,
    );
  } else if (channel) {
    const held = Object.values(get().channels).find((c) => c.name === channel && c.team_id === get().teamId);
    if (held) goToChannel(held.id);
    else goTo(`/${get().teams[get().teamId]?.name}/channels/${channel}`);
  } else if (hashtag) {
    search(hashtag);
  } else if (href?.startsWith(`${location.origin}/`) && !href.startsWith(`${location.origin}/api/`)) {
    const path = href.slice(location.origin.length);
    const post = /\/pl\/([a-z0-9]{26})$/.exec(path)?.[1];
    if (post) goToPost(post);
    else goTo(path);
  } else {
    return;
  }
  event.preventDefault();
};

const onOpen = (event: Event): void => goToPost((event as CustomEvent<string>).detail);

export const listen = (): (() => void) => {
  document.addEventListener('keydown', onKey);
  document.addEventListener('keydown', activate);
  document.addEventListener('click', activate);
  window.addEventListener('nottermost:open', onOpen);
  return () => {
    document.removeEventListener('keydown', onKey);
    document.removeEventListener('keydown', activate);
    document.removeEventListener('click', activate);
    window.removeEventListener('nottermost:open', onOpen);
  };
};
