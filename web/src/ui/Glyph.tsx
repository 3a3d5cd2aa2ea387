// One emoji.
import { emojiNamed, useEmoji } from '../text/emoji';

export const Glyph = ({ name }: { name: string }) => {
  useEmoji((s) => s.byName);
  const emoji = emojiNamed(name);
  if (!emoji) return <span>:{name}:</span>;
  return emoji.image ? (
    <img className="emoji" src={emoji.image} alt={`:${name}:`} />
  ) : (
    <span className="emoji" aria-hidden>
      {emoji.character}
    </span>
  );
};
