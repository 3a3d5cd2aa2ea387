// What a link in a message leads to, and the cards that integrations attach.
import type { MessageAttachment } from '@mattermost/types/message_attachments';
import type { OpenGraphMetadata, Post, PostEmbed, PostPreviewMetadata } from '@mattermost/types/posts';
import { ChevronDown } from 'lucide-react';
import { memo, type ReactNode, useEffect, useState } from 'react';
import { useT } from '../i18n';
import { embedsOf, isFolded, proxied, seekEmbeds, setFolded, wantsPreviews } from '../state/embeds';
import { meet } from '../state/people';
import { useStore } from '../state/store';
import { short } from '../text/time';
import { Body } from './Body';
import { Avatar, useName } from './bits';
import { goToPost } from './places';

const TEXT_MAX = 300;
const HEIGHT_MAX = 300;

export const Embeds = memo(({ post }: { post: Post }) => {
  const shown = useStore(wantsPreviews);
  const embeds = shown ? embedsOf(post) : [];
  const found = embeds.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each text is asked about anew
  useEffect(() => {
    if (shown && !found) return seekEmbeds(post);
  }, [shown, found, post.id, post.message]);
  return (
    <>
      {embeds.map((embed, n) => (
        <Embed key={n} embed={embed} post={post} />
      ))}
      <Cards post={post} />
    </>
  );
});

export const Cards = ({ post }: { post: Post }) => {
  const cards = Array.isArray(post.props?.attachments) ? (post.props.attachments as unknown[]) : [];
  return cards.map((card, n) => <Card key={n} card={(card ?? {}) as MessageAttachment} />);
};

const Embed = ({ embed, post }: { embed: PostEmbed; post: Post }) => {
  if (embed.type === 'permalink') return <Linked preview={embed.data as PostPreviewMetadata | undefined} />;
  if (embed.type === 'image') {
    return (
      <Foldable postId={post.id} title={embed.url}>
        <Remote url={embed.url} size={post.metadata.images?.[embed.url]} href={embed.url} />
      </Foldable>
    );
  }
  return <Page url={embed.url} page={embed.data as OpenGraphMetadata | undefined} post={post} />;
};

/** Closed, it leaves one line. */
const Foldable = ({ postId, title, children }: { postId: string; title: string; children: ReactNode }) => {
  const t = useT();
  const [folded, setOwn] = useState(() => isFolded(postId));
  const toggle = () => {
    setFolded(postId, !folded);
    setOwn(!folded);
  };
  return (
    <div className="embed">
      <button
        type="button"
        className="embed-fold"
        aria-expanded={!folded}
        aria-label={`${t(folded ? 'preview.show' : 'preview.hide')}: ${title}`}
        onClick={toggle}
      >
        <ChevronDown size={14} aria-hidden />
        <span dir="auto">{title}</span>
      </button>
      {!folded && children}
    </div>
  );
};

interface RemoteProps {
  readonly url: string | undefined;
  readonly size?: { readonly width?: number; readonly height?: number };
  readonly href?: string;
  readonly className?: string;
}

/** A picture from elsewhere. One that does not come leaves no hole. */
const Remote = ({ url, size, href, className = 'remote' }: RemoteProps) => {
  const t = useT();
  const [broken, setBroken] = useState(false);
  const from = proxied(url);
  if (!from || broken) return null;
  const known = !!size?.width && !!size.height;
  const scale = known ? Math.min(1, HEIGHT_MAX / size.height!) : 1;
  const picture = (
    <img
      src={from}
      className={className}
      alt={t('preview.picture', { address: url! })}
      loading="lazy"
      width={known ? Math.round(size.width! * scale) : undefined}
      height={known ? Math.round(size.height! * scale) : undefined}
      onError={() => setBroken(true)}
    />
  );
  return href ? <Away href={href}>{picture}</Away> : picture;
};

/** A link to elsewhere, if it is one. */
const Away = ({ href, children }: { href: string | undefined; children: ReactNode }) =>
  /^(https?|mailto):/i.test(href ?? '') ? (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ) : (
    children
  );

const cut = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX).trimEnd()}…` : text;

const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
};

const Page = ({ url, page, post }: { url: string; page: OpenGraphMetadata | undefined; post: Post }) => {
  if (!page?.title && !page?.description) return null;
  const picture = page.images?.[0];
  const from = picture?.secure_url || picture?.url;
  return (
    <Foldable postId={post.id} title={page.site_name || hostOf(url)}>
      <div className="embed-page">
        <div className="embed-text">
          <strong dir="auto">
            <Away href={url}>{page.title || url}</Away>
          </strong>
          {page.description && (
            <p className="quiet" dir="auto">
              {cut(page.description)}
            </p>
          )}
        </div>
        {from && (
          <Remote url={from} size={post.metadata.images?.[from] ?? picture} className="embed-picture" />
        )}
      </div>
    </Foldable>
  );
};

const Linked = ({ preview }: { preview: PostPreviewMetadata | undefined }) => {
  const t = useT();
  const post = preview?.post;
  const name = useName(post?.user_id ?? '');
  useEffect(() => {
    if (post) meet([post.user_id]);
  }, [post]);
  if (!preview || !post) return null;
  return (
    <div className="embed linked">
      <header>
        <Avatar userId={post.user_id} size={20} />
        <strong>{name}</strong>
        {preview.channel_display_name && (
          <span className="quiet">{t('preview.in', { name: preview.channel_display_name })}</span>
        )}
        <time className="quiet">{short(post.create_at)}</time>
      </header>
      <Body message={post.message} />
      <button type="button" className="link small" onClick={() => goToPost(post.id)}>
        {t('preview.goto')}
      </button>
    </div>
  );
};

const COLOURS: Readonly<Record<string, string>> = {
  good: 'var(--online)',
  warning: 'var(--away)',
  danger: 'var(--danger)',
};
const colourOf = (colour: string | undefined): string | undefined =>
  COLOURS[colour ?? ''] ?? (/^#[0-9a-f]{3,8}$/i.test(colour ?? '') ? colour : undefined);

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const Card = ({ card }: { card: MessageAttachment }) => {
  const fields = Array.isArray(card.fields) ? card.fields : [];
  return (
    <>
      {card.pretext && <Body message={textOf(card.pretext)} />}
      <div className="embed attachment" style={{ borderInlineStartColor: colourOf(card.color) }}>
        <div className="attachment-main">
          {card.author_name && (
            <p className="attachment-author">
              <Remote url={card.author_icon} className="attachment-icon" />
              <Away href={card.author_link}>{textOf(card.author_name)}</Away>
            </p>
          )}
          {card.title && (
            <strong dir="auto">
              <Away href={card.title_link}>{textOf(card.title)}</Away>
            </strong>
          )}
          {card.text && <Body message={textOf(card.text)} />}
          {fields.length > 0 && (
            <dl className="attachment-fields">
              {fields.map((field, n) => (
                <div key={n} className={field?.short ? 'short' : undefined}>
                  <dt dir="auto">{textOf(field?.title)}</dt>
                  <dd>
                    <Body message={textOf(field?.value)} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
          <Remote url={card.image_url} />
          {card.footer && (
            <p className="attachment-footer quiet">
              <Remote url={card.footer_icon} className="attachment-icon" />
              {textOf(card.footer)}
            </p>
          )}
        </div>
        <Remote url={card.thumb_url} className="attachment-thumb" />
      </div>
    </>
  );
};
