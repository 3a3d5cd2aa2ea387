// What reaches a person who looks elsewhere: a notification of the desktop, and the number in the title.
import type { Post } from '@mattermost/types/posts';
import { t } from '../i18n';
import { isMuted, unreadOfTeam } from './channels';
import { isSystem } from './posts';
import { local } from './preferences';
import { get, useStore } from './store';

const TEXT_MAX = 140;

export const canNotify = (): boolean => 'Notification' in window && Notification.permission === 'granted';
export const wantsNotifications = (): boolean => local.get('notifications', true);

/** Direct messages and mentions, but to those who do not want to be disturbed. */
export const announce = (post: Post, mentioned: boolean, data: Readonly<Record<string, unknown>>): void => {
  const { statuses, me, members } = get();
  const direct = data.channel_type === 'D' || data.channel_type === 'G';
  const disturbed = me ? statuses[me.id] === 'dnd' : true;
  if (disturbed || isSystem(post) || !(mentioned || direct) || isMuted(members[post.channel_id])) return;
  if (document.hasFocus() || !canNotify() || !wantsNotifications()) return;
  const who = String(data.sender_name ?? '').replace(/^@/, '');
  const where = direct ? who : `${who} · ${data.channel_display_name}`;
  const shown = new Notification(where, {
    body: post.message.slice(0, TEXT_MAX) || t('notify.file'),
    tag: post.channel_id,
    icon: '/favicon.svg',
  });
  shown.onclick = () => {
    window.focus();
    window.dispatchEvent(new CustomEvent('nottermost:open', { detail: post.id }));
    shown.close();
  };
};

/** Keeps the title: mentions as a number, anything else unread as a dot. */
export const watchTitle = (): (() => void) => {
  const name = () => get().config.SiteName || 'nottermost';
  const update = () => {
    const state = get();
    let mentions = 0;
    let messages = 0;
    for (const id of Object.keys(state.teams)) {
      const unread = unreadOfTeam(state, id);
      mentions += unread.mentions;
      messages += unread.messages;
    }
    for (const channel of Object.values(state.channels)) {
      if (!channel.team_id) mentions += state.members[channel.id]?.mention_count ?? 0;
    }
    const place = state.channels[state.channelId]?.display_name;
    const mark = mentions ? `(${mentions}) ` : messages ? '• ' : '';
    document.title = `${mark}${place ? `${place} – ` : ''}${name()}`;
  };
  let queued = 0;
  return useStore.subscribe((now, before) => {
    if (
      now.channels === before.channels &&
      now.members === before.members &&
      now.threadCounts === before.threadCounts &&
      now.channelId === before.channelId
    )
      return;
    queued ||= requestAnimationFrame(() => {
      queued = 0;
      update();
    });
  });
};
