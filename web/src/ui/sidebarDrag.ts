// Dragging channels and categories about in their list, with a mouse or a finger. It comes when somebody may begin.
import {
  AutoScroller,
  DragDropManager,
  Draggable,
  PointerActivationConstraints,
  PointerSensor,
} from '@dnd-kit/dom';
import { fits, moveCategory, placeChannel } from '../state/sidebar';
import { get } from '../state/store';
import { attempt } from './attempt';

const HOLD_MS = 300;
const HOLD_SLACK_PX = 8;
const PULL_PX = 5;

const manager = new DragDropManager({
  plugins: [AutoScroller],
  sensors: [
    PointerSensor.configure({
      // A finger that moves at once scrolls the list; one that rests takes what is under it.
      activationConstraints: ({ pointerType }) => [
        pointerType === 'touch'
          ? new PointerActivationConstraints.Delay({ value: HOLD_MS, tolerance: HOLD_SLACK_PX })
          : new PointerActivationConstraints.Distance({ value: PULL_PX }),
      ],
    }),
  ],
});

export interface Place {
  readonly kind: 'channel' | 'category';
  readonly id: string;
  /** Itself, or the one that it stands in. */
  readonly categoryId: string;
  /** What stands below, of the same kind. */
  readonly next: () => string | null;
  /** A finger rested on it, and went without moving. */
  readonly onPress: () => void;
}

const places = new WeakMap<Element, Place>();

/** Something to take by its handle, and to put others above or below, or into. */
export const place = (element: HTMLElement, handle: HTMLElement, data: Place): (() => void) => {
  const taken = new Draggable({ id: data.id, element, handle, data: { ...data } }, manager);
  places.set(element, data);
  return () => {
    places.delete(element);
    taken.destroy();
  };
};

const takes = (at: Place, taken: Place): boolean => {
  if (taken.kind === 'category') return at.kind === 'category';
  const state = get();
  const category = state.categories[state.teamId]?.find(({ id }) => id === at.categoryId);
  return !!category && fits(state, taken.id, category);
};

interface Fall {
  readonly element: Element;
  readonly at: Place;
  readonly edge: 'before' | 'after' | 'into';
}

/** Where it would fall: a row lies within its category, and is asked before it. */
const fallOf = (taken: Place, { x, y }: Point): Fall | null => {
  for (let element = document.elementFromPoint(x, y); element; element = element.parentElement) {
    const at = places.get(element);
    if (!at || !takes(at, taken)) continue;
    if (at.id === taken.id) return null;
    if (at.kind !== taken.kind) return { element, at, edge: 'into' };
    const { top, height } = element.getBoundingClientRect();
    return { element, at, edge: y < top + height / 2 ? 'before' : 'after' };
  }
  return null;
};

const MARKS = ['drop-before', 'drop-after', 'drop-into'];
let marked: Element | undefined;

const mark = (fall: Fall | null): void => {
  marked?.classList.remove(...MARKS);
  marked = fall?.element;
  marked?.classList.add(`drop-${fall?.edge}`);
};

const drop = (taken: Place, { at, edge }: Fall): void => {
  const before = edge === 'before' ? at.id : edge === 'after' ? at.next() : null;
  if (before === taken.id) return;
  attempt(
    taken.kind === 'category'
      ? moveCategory(taken.id, before)
      : placeChannel(taken.id, at.categoryId, before),
  );
};

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is seen under the mouse or the finger. */
const lift = (handle: Element) => {
  const { left, top, width } = handle.getBoundingClientRect();
  const ghost = document.createElement('div');
  ghost.className = 'drag-ghost';
  ghost.inert = true;
  ghost.append(handle.cloneNode(true));
  ghost.style.inlineSize = `${width}px`;
  const by = ({ x, y }: Point) => {
    ghost.style.translate = `${left + x}px ${top + y}px`;
  };
  by({ x: 0, y: 0 });
  document.body.append(ghost);
  return { by, end: () => ghost.remove() };
};

/** Lifting a finger that has taken something is no click on what is under it, nor beside the menu that opens. */
const swallow = (event: Event): void => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

export const watchDrops = (): (() => void) => {
  let lifted: ReturnType<typeof lift> | undefined;
  let moved = false;
  const { monitor, dragOperation } = manager;
  const look = (point: Point) => {
    if (dragOperation.source) mark(fallOf(dragOperation.source.data as Place, point));
  };
  // At its edges the list scrolls, under a finger that rests.
  const onScroll = () => look(dragOperation.position.current);
  const ends = [
    monitor.addEventListener('dragstart', ({ operation: { source, activatorEvent } }) => {
      moved = (activatorEvent as PointerEvent | null)?.pointerType !== 'touch';
      source?.element?.classList.add('dragging');
      if (source?.handle) lifted = lift(source.handle);
      document.addEventListener('scroll', onScroll, true);
      if (!moved) window.addEventListener('touchend', swallow, { capture: true, passive: false, once: true });
    }),
    monitor.addEventListener('dragmove', ({ to, operation: { position } }) => {
      if (!to) return;
      const by = { x: to.x - position.initial.x, y: to.y - position.initial.y };
      moved ||= Math.hypot(by.x, by.y) > HOLD_SLACK_PX;
      lifted?.by(by);
      look(to);
    }),
    monitor.addEventListener('dragend', ({ canceled, operation: { source, position } }) => {
      document.removeEventListener('scroll', onScroll, true);
      mark(null);
      lifted?.end();
      source?.element?.classList.remove('dragging');
      if (canceled) window.removeEventListener('touchend', swallow, true);
      if (!source || canceled) return;
      const taken = source.data as Place;
      if (!moved) return taken.onPress();
      const fall = fallOf(taken, position.current);
      if (fall) drop(taken, fall);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
};
