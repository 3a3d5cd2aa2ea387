// Dragging channels about in their list, with a mouse or a finger. It comes when somebody may begin.
import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import {
  draggable,
  dropTargetForElements,
  monitorForElements,
} from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { attachClosestEdge, extractClosestEdge } from '@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge';
import { fits, placeChannel } from '../state/sidebar';
import { get } from '../state/store';
import { attempt } from './attempt';

type Place = Readonly<Record<string | symbol, unknown>>;

/** Whether what is dragged is a channel that may stand in this category. */
const takes =
  (categoryId: string) =>
  ({ source }: { source: { data: Place } }): boolean => {
    const state = get();
    const category = state.categories[state.teamId]?.find(({ id }) => id === categoryId);
    const { channelId } = source.data;
    return typeof channelId === 'string' && !!category && fits(state, channelId, category);
  };

const mark = (element: HTMLElement, place: Place | null): void => {
  const edge = place && extractClosestEdge(place);
  element.classList.toggle('drop-before', edge === 'top');
  element.classList.toggle('drop-after', edge === 'bottom');
};

/** A channel: it may be taken, and others may be put above or below it. */
export const channelRow = (
  element: HTMLElement,
  channelId: string,
  categoryId: string,
  next: () => string | null,
): (() => void) =>
  combine(
    draggable({
      element,
      getInitialData: () => ({ channelId }),
      onDragStart: () => element.classList.add('dragging'),
      onDrop: () => element.classList.remove('dragging'),
    }),
    dropTargetForElements({
      element,
      canDrop: takes(categoryId),
      getData: ({ input }) =>
        attachClosestEdge(
          { channelId, categoryId, next: next() },
          { element, input, allowedEdges: ['top', 'bottom'] },
        ),
      onDrag: ({ self }) => mark(element, self.data),
      onDragLeave: () => mark(element, null),
      onDrop: () => mark(element, null),
    }),
  );

/** A category: what is let go over it and over no channel stands at its end. */
export const categoryBox = (element: HTMLElement, categoryId: string): (() => void) =>
  dropTargetForElements({
    element,
    canDrop: takes(categoryId),
    getData: () => ({ categoryId }),
    onDragEnter: () => element.classList.add('drop-into'),
    onDragLeave: () => element.classList.remove('drop-into'),
    onDrop: () => element.classList.remove('drop-into'),
  });

export const watchDrops = (): (() => void) =>
  monitorForElements({
    onDrop: ({ source, location }) => {
      const place = location.current.dropTargets[0]?.data;
      const channelId = source.data.channelId as string;
      if (!place || place.channelId === channelId) return;
      const isAbove = extractClosestEdge(place) === 'top';
      const before = (isAbove ? place.channelId : (place.next ?? null)) as string | null;
      if (before === channelId) return;
      attempt(placeChannel(channelId, place.categoryId as string, before));
    },
  });
