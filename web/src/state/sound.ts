// Short sounds, made of tones: nothing to download. Their names are those that the protocol has for them.
type Tone = readonly [frequency: number, from: number, seconds: number];

const TONES = {
  Bing: [[1046.5, 0, 0.35]],
  Crackle: [
    [1800, 0, 0.03],
    [1400, 0.05, 0.03],
    [2000, 0.1, 0.04],
  ],
  Down: [
    [880, 0, 0.14],
    [587.3, 0.13, 0.24],
  ],
  Hello: [
    [659.3, 0, 0.12],
    [784, 0.12, 0.12],
    [987.8, 0.24, 0.26],
  ],
  Ripple: [
    [784, 0, 0.1],
    [880, 0.09, 0.1],
    [784, 0.18, 0.1],
    [880, 0.27, 0.2],
  ],
  Upstairs: [
    [523.3, 0, 0.1],
    [659.3, 0.1, 0.1],
    [784, 0.2, 0.22],
  ],
} satisfies Record<string, readonly Tone[]>;

export type Sound = keyof typeof TONES;
export const SOUNDS = Object.keys(TONES) as Sound[];

const LOUDNESS = 0.12;
const ATTACK_S = 0.01;

let context: AudioContext | undefined;

const play = (audio: AudioContext, [frequency, from, seconds]: Tone): void => {
  const at = audio.currentTime + from;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + ATTACK_S);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + seconds);
};

/** A browser that nobody has touched yet stays silent. */
export const playSound = (name: string): void => {
  if (!('AudioContext' in window)) return;
  context ??= new AudioContext();
  const audio = context;
  audio.resume().then(
    () => {
      for (const tone of TONES[name as Sound] ?? TONES.Bing) play(audio, tone);
    },
    () => undefined,
  );
};
