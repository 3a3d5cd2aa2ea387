// The text of a message.
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useT } from '../i18n';
import { useStore } from '../state/store';
import { useEmoji } from '../text/emoji';
import { highlight } from '../text/highlight';
import { render } from '../text/markdown';

const LONG_PX = 560;

/** The text, as HTML that was made safe; cut short if it is very long. */
export const Body = memo(({ message, edited }: { message: string; edited?: boolean }) => {
  const t = useT();
  useEmoji((s) => s.byName);
  useStore((s) => s.emojis);
  const me = useStore((s) => s.me?.username);
  const box = useRef<HTMLDivElement>(null);
  const [long, setLong] = useState(false);
  const [whole, setWhole] = useState(false);
  const html = render(message);
  useLayoutEffect(() => {
    if (box.current) setLong(html !== '' && box.current.scrollHeight > LONG_PX + 40);
  }, [html]);
  useEffect(() => {
    const within = box.current;
    if (!within || !html) return;
    highlight(within).catch(() => undefined);
    for (const mention of within.querySelectorAll(
      `[data-mention="${me}"], [data-mention="all"], [data-mention="channel"], [data-mention="here"]`,
    )) {
      mention.classList.add('mention-me');
    }
  }, [html, me]);
  if (!message && !edited) return null;
  return (
    <>
      <div
        ref={box}
        className={long && !whole ? 'markdown cut' : 'markdown'}
        dir="auto"
        dangerouslySetInnerHTML={{ __html: html }}
      />
      {edited && <span className="edited">({t('post.edited')})</span>}
      {long && (
        <button type="button" className="link small" onClick={() => setWhole(!whole)}>
          {whole ? t('post.less') : t('post.more')}
        </button>
      )}
    </>
  );
});
