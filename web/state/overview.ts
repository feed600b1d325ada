import type { BrokenCard, CoursesView, CourseTree, NeedView, ProviderView, ScenarioCard } from '../../server/protocol/rest.ts';

/** Above this many scenarios, courses begin folded. */
export const MANY = 40;
/** From this many scenarios on there is a field to search them. */
export const SEARCHABLE = 6;

export interface Found {
  card: ScenarioCard | BrokenCard;
  /** Titles of the courses it is in, from the outside. */
  courses: string[];
}

/** All cards in reading order, with the courses that hold them. */
export function allCards(view: CoursesView): Found[] {
  const walk = (course: CourseTree, courses: string[]): Found[] => course.items.flatMap((item) => (item.type === 'course' ? walk(item.course, [...courses, item.course.title]) : [{ card: item, courses }]));
  return view.courses.flatMap((course) => walk(course, [course.title]));
}

export interface Filter {
  text: string;
  /** Only what this machine can give all it needs. */
  runnable: boolean;
  broken: boolean;
}

export const noFilter: Filter = { text: '', runnable: false, broken: false };

export function isFiltered(filter: Filter): boolean {
  return filter.text.trim() !== '' || filter.runnable || filter.broken;
}

/** Every word must be in the title, the description, the courses or the id; titles that hold the first word come first. */
export function findCards(cards: readonly Found[], filter: Filter): Found[] {
  const words = fold(filter.text).split(/\s+/).filter(Boolean);
  const [first] = words;
  const matches = cards.filter(({ card, courses }) => {
    if (filter.broken && card.type !== 'broken') return false;
    if (filter.runnable && (card.type === 'broken' || unmet(card).length > 0)) return false;
    const text = fold([card.title, card.id, card.type === 'scenario' ? `${card.description} ${card.difficulty ?? ''}` : '', ...courses].join(' '));
    return words.every((word) => text.includes(word));
  });
  if (first === undefined) return matches;
  const rank = ({ card }: Found) => (fold(card.title).startsWith(first) ? 0 : fold(card.title).includes(first) ? 1 : 2);
  return matches.map((found, i) => ({ found, i, rank: rank(found) })).sort((a, b) => a.rank - b.rank || a.i - b.i).map(({ found }) => found);
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export function unmet(card: ScenarioCard): NeedView[] {
  return card.needs?.filter((need) => !need.met) ?? [];
}

/** What a provider is called within a sentence: `Run on kind`. */
export function providerName(id: string): string {
  return { embedded: 'the embedded cluster', existing: 'the existing cluster' }[id] ?? id;
}

/** The providers that a card offers, those that refuse this scenario as not available: none where it needs no cluster or where a session is open already. */
export function providersFor(card: ScenarioCard, providers: readonly ProviderView[]): ProviderView[] {
  if (card.session !== undefined) return [];
  const fitting = card.providers;
  return providers
    .filter((provider) => !provider.default && (fitting === undefined || fitting.includes(provider.id)))
    .map((provider) => {
      const refusal = card.refused?.find((one) => one.provider === provider.id);
      return refusal === undefined ? provider : { ...provider, available: false, reason: refusal.reason, ...(refusal.next === undefined ? {} : { next: refusal.next }) };
    });
}
