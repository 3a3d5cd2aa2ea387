import { createRoot } from 'react-dom/client';
import './styles/index.css';
import { startLanguage } from './i18n';
import { start } from './state/session';
import { loadEmoji } from './text/emoji';
import { Page } from './ui/App';
import { applyAppearance } from './ui/appearance';

applyAppearance();
void start();
void startLanguage().then(() => {
  createRoot(document.getElementById('root')!).render(<Page />);
  void loadEmoji();
});
