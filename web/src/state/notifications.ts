// What reaches a person who looks elsewhere: a notification of the desktop with a sound, and the number in
// the title and on the icon.
import type { Post } from '@mattermost/types/posts';
import { t } from '../i18n';
import { isMuted, unreadOfTeam } from './channels';
import { showBadge } from './favicon';
import { isSystem } from './posts';
import { local } from './preferences';
import { playSound } from './sound';
import { collapsed, get, type State, useStore } from './store';

const TEXT_MAX = 140;

export const canNotify = (): boolean => 'Notification' in window && Notification.permission === 'granted';
export const wantsNotifications = (): boolean => local.get('notifications', true);

export type Level = 'all' | 'mention' | 'none';

/** Of what the desktop tells, as accounts say it. */
export const levelOf = (desktop: string | undefined): Level =>
  desktop === 'all' || desktop === 'none' ? desktop : 'mention';

type Data = Readonly<Record<string, unknown>>;

const isDirect = (data: Data): boolean => data.channel_type === 'D' || data.channel_type === 'G';

/** Whether the person wants to be told of this message. */
export const isTold = (state: State, post: Post, mentioned: boolean, data: Data): boolean => {
  const { statuses, me, members } = state;
  const member = members[post.channel_id];
  if (!me || statuses[me.id] === 'dnd' || isSystem(post) || isMuted(member)) return false;
  const own = member?.notify_props?.desktop;
  const level = own && own !== 'default' ? levelOf(own) : levelOf(me.notify_props?.desktop);
  if (level === 'none') return false;
  if (mentioned || isDirect(data)) return true;
  // With threads apart, replies are told to those who follow.
  const apart = post.root_id !== '' && collapsed(state);
  return level === 'all' && (!apart || String(data.followers ?? '').includes(me.id));
};

/** Whether a message there is heard: as the channel says, or else the account. */
export const sounds = ({ me, members }: State, channelId: string): boolean => {
  const own = members[channelId]?.notify_props?.desktop_sound;
  if (own === 'on' || own === 'off') return own === 'on';
  return me?.notify_props?.desktop_sound !== 'false';
};

export const announce = (post: Post, mentioned: boolean, data: Data): void => {
  const state = get();
  if (document.hasFocus() || !wantsNotifications() || !isTold(state, post, mentioned, data)) return;
  if (sounds(state, post.channel_id)) playSound(state.me?.notify_props?.desktop_notification_sound ?? 'Bing');
  if (!canNotify()) return;
  const who = String(data.sender_name ?? '').replace(/^@/, '');
  const where = isDirect(data) ? who : `${who} · ${data.channel_display_name}`;
  const shown = new Notification(where, {
    body: post.message.slice(0, TEXT_MAX) || t('notify.file'),
    tag: post.channel_id,
    icon: '/favicon.svg',
    silent: true,
  });
  shown.onclick = () => {
    window.focus();
    window.dispatchEvent(new CustomEvent('nottermost:open', { detail: post.id }));
    shown.close();
  };
};

/** Keeps the title and the icon: mentions as a number, anything else unread as a dot. */
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
    showBadge(mentions, messages);
    document.title = `${mark}${place ? `${place} – ` : ''}${name()}`;
  };
  let queued = 0;
  const end = useStore.subscribe((now, before) => {
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
  return () => {
    end();
    cancelAnimationFrame(queued);
    showBadge(0, 0);
    document.title = name();
  };
};
