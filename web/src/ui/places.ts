// Going somewhere: from anywhere in the page, to a channel, a person, a message.
import { navigate } from 'wouter/use-browser-location';
import { api } from '../api';
import { t } from '../i18n';
import { channelPath, leaveChannel, openDirect } from '../state/channels';
import { learn, usersByName } from '../state/people';
import { collapsed, get, notify, open, set } from '../state/store';
import { openThread } from '../state/threads';

export const goTo = (path: string): void => navigate(path);

export const goToChannel = (channelId: string): void => {
  const channel = get().channels[channelId];
  if (channel) navigate(channelPath(get(), channel));
  open(null);
};

/** The moment that an address looks back to; 0 for none. Whether it has been, the server knows. */
export const timeIn = (search: string): number => {
  const at = Number(new URLSearchParams(search).get('at'));
  return Number.isSafeInteger(at) && at > 0 ? at : 0;
};

/** To a channel as it was. */
export const goToTime = (channelId: string, at: number): void => {
  const channel = get().channels[channelId];
  if (channel) navigate(`${channelPath(get(), channel)}?at=${at}`);
};

/** Out of a channel; who could not come back alone is asked. */
export const leave = async (channelId: string): Promise<void> => {
  const { channels, teams, teamId } = get();
  if (channels[channelId]?.type === 'P' && get().dialog?.kind !== 'leave-channel')
    return open({ kind: 'leave-channel', channelId });
  await leaveChannel(channelId);
  goTo(`/${teams[teamId]?.name}`);
};

export const goToPost = (postId: string): void => {
  const team = get().teams[get().teamId]?.name;
  navigate(`/${team}/pl/${postId}`);
};

export const writeTo = async (userIds: readonly string[]): Promise<void> => {
  try {
    goToChannel((await openDirect(userIds)).id);
  } catch {
    notify(t('error.general'));
  }
};

/** The channel of a message, and in the thread what is a reply. */
export const placeOf = async (postId: string): Promise<{ channelId: string; focus: string }> => {
  const post = get().posts[postId] ?? (await api.getPost(postId));
  if (post.root_id && collapsed(get())) {
    openThread(post.root_id);
    return { channelId: post.channel_id, focus: post.root_id };
  }
  return { channelId: post.channel_id, focus: post.id };
};

export const userNamed = async (username: string): Promise<string> => {
  const held = usersByName(get()).get(username);
  if (held) return held.id;
  const user = await api.getUserByUsername(username);
  learn([user]);
  return user.id;
};

export const search = (terms: string): void => set({ pane: { kind: 'search', terms } });
