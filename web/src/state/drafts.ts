// What was begun and not sent: in the browser at once, on the server once the typing rests.
import type { Draft as ServerDraft } from '@mattermost/types/drafts';
import { api } from '../api';
import { connectionId } from './connection';
import { local } from './preferences';
import { type Draft, get, set, without } from './store';

const REST_MS = 1200;
const key = (): string => `drafts:${get().me?.id}`;
export const draftKey = (channelId: string, rootId: string): string =>
  rootId ? `${channelId}:${rootId}` : channelId;

const timers = new Map<string, ReturnType<typeof setTimeout>>();

const keep = (at: string, draft: Draft | null): void => {
  set(({ drafts }) => ({ drafts: draft ? { ...drafts, [at]: draft } : without(drafts, at) }));
  local.set(key(), get().drafts);
};

export const saveDraft = (channelId: string, rootId: string, draft: Draft): void => {
  const at = draftKey(channelId, rootId);
  const empty = !draft.message.trim() && !draft.files.length;
  const held = get().drafts[at];
  if (empty && !held) return;
  if (held && held.message === draft.message && held.files === draft.files) return;
  keep(at, empty ? null : draft);
  clearTimeout(timers.get(at));
  timers.set(
    at,
    setTimeout(() => void upload(channelId, rootId), empty ? 0 : REST_MS),
  );
};

const upload = async (channelId: string, rootId: string): Promise<void> => {
  const { drafts, me, config } = get();
  if (!me || config.AllowSyncedDrafts === 'false') return;
  const draft = drafts[draftKey(channelId, rootId)];
  try {
    if (!draft) return void (await api.deleteDraft(channelId, rootId, connectionId()));
    await api.upsertDraft(
      {
        channel_id: channelId,
        root_id: rootId,
        user_id: me.id,
        message: draft.message,
        file_ids: draft.files.map((file) => file.id),
        props: {},
      } as unknown as ServerDraft,
      connectionId(),
    );
  } catch {
    // It is kept here, and goes up with the next change.
  }
};

/** From another device. */
export const draftHeard = (draft: ServerDraft): void => {
  if (draft.user_id !== get().me?.id) return;
  const files = draft.metadata?.files ?? [];
  const empty = !draft.message && !files.length;
  keep(draftKey(draft.channel_id, draft.root_id), empty ? null : { message: draft.message, files });
};

export const draftGone = (draft: ServerDraft): void => {
  if (draft.user_id === get().me?.id) keep(draftKey(draft.channel_id, draft.root_id), null);
};

export const loadDrafts = async (teamId: string): Promise<void> => {
  if (!Object.keys(get().drafts).length) set({ drafts: local.get(key(), {}) });
  for (const draft of await api.getUserDrafts(teamId)) {
    const at = draftKey(draft.channel_id, draft.root_id);
    const held = get().drafts[at];
    if (!held && draft.message) keep(at, { message: draft.message, files: draft.metadata?.files ?? [] });
  }
};
