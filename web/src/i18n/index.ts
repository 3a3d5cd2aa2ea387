// The texts: ICU messages in catalogues. English is here from the start, others come when chosen.
import { createIntl, createIntlCache, type IntlShape } from '@formatjs/intl';
import { create } from 'zustand';
import { local } from '../state/preferences';
import type admin from './admin/en.json';
import en from './en.json';

export type Key = keyof typeof en | keyof typeof admin;
export type Values = Record<string, string | number>;
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const OTHERS: Record<Exclude<Language, 'en'>, () => Promise<{ default: Record<string, string> }>> = {
  de: () => import('./de.json'),
};
const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;
const added: Partial<Record<Language, Record<string, string>>> = {};
const cache = createIntlCache();

const intlOf = (language: Language, locale: string, messages: Record<string, string>): IntlShape =>
  createIntl(
    {
      locale,
      messages: { ...en, ...added.en, ...messages, ...added[language] },
      defaultLocale: 'en',
      onError: () => undefined,
    },
    cache,
  );

const useIntl = create<{ language: Language; intl: IntlShape }>(() => ({
  language: 'en',
  intl: intlOf('en', 'en', {}),
}));

/** Texts of a part of the page that comes later than the rest, in every language. */
export const addTexts = (texts: Record<Language, Record<string, string>>): void => {
  for (const language of Object.keys(texts) as Language[])
    added[language] = { ...added[language], ...texts[language] };
  const { language, intl } = useIntl.getState();
  useIntl.setState({ intl: intlOf(language, intl.locale, intl.messages as Record<string, string>) });
};

export const t = (key: Key, values?: Values): string =>
  useIntl.getState().intl.formatMessage({ id: key }, values) as string;

/** As `t`, for components: they are drawn again in another language. */
export const useT = (): typeof t => {
  useIntl((state) => state.intl);
  return t;
};
export const useLanguage = (): Language => useIntl((state) => state.language);
export const intl = (): IntlShape => useIntl.getState().intl;

const offered = (): Language => {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return (wanted as Language | undefined) ?? 'en';
};

export const setLanguage = async (language: Language): Promise<void> => {
  const messages = language === 'en' ? {} : (await OTHERS[language]()).default;
  // Dates and numbers as the person's own region writes them, where it speaks the language.
  const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr';
  useIntl.setState({ language, intl: intlOf(language, locale, messages) });
};

export const chooseLanguage = (language: Language): Promise<void> => {
  local.set('language', language);
  return setLanguage(language);
};

export const startLanguage = (): Promise<void> => setLanguage(local.get<Language>('language', offered()));
