// The number on the page's icon: mentions as such, anything else unread as a dot.
const SIZE = 32;
const PLAIN = '/favicon.svg';

let icon: Promise<HTMLImageElement> | undefined;
let shown = '';

const load = (): Promise<HTMLImageElement> => {
  icon ??= new Promise((resolve, reject) => {
    const image = new Image(SIZE, SIZE);
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = PLAIN;
  });
  return icon;
};

const draw = (image: HTMLImageElement, mark: string): string => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext('2d');
  if (!pen) return PLAIN;
  pen.drawImage(image, 0, 0, SIZE, SIZE);
  const radius = mark === '•' ? 7 : 11;
  pen.fillStyle = '#d6394a';
  pen.beginPath();
  pen.arc(SIZE - radius, SIZE - radius, radius, 0, 2 * Math.PI);
  pen.fill();
  if (mark !== '•') {
    pen.fillStyle = '#fff';
    pen.font = `700 ${mark.length > 1 ? 14 : 17}px sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(mark, SIZE - radius, SIZE - radius + 1);
  }
  return canvas.toDataURL('image/png');
};

const show = (href: string): void => {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  link.type = href === PLAIN ? 'image/svg+xml' : 'image/png';
  link.href = href;
};

/** What the icon says: nothing, a dot, a number. */
export const markOf = (mentions: number, messages: number): string =>
  mentions ? (mentions > 9 ? '9+' : String(mentions)) : messages ? '•' : '';

export const showBadge = (mentions: number, messages: number): void => {
  const mark = markOf(mentions, messages);
  if (mark === shown) return;
  shown = mark;
  if (!mark) return show(PLAIN);
  load().then(
    (image) => shown === mark && show(draw(image, mark)),
    () => undefined,
  );
};
