// Shapes of a day and a week: multipliers of the load by hour, and by day from Monday on.
const OFFICE = [0, 0, 0, 0, 0, 0, 0, 0.3, 0.8, 1, 1, 0.9, 0.8, 1, 1, 1, 0.9, 0.6, 0.3, 0, 0, 0, 0, 0];
const PEOPLE = [0.3, 0.25, 0.2, 0.2, 0.2, 0.25, 0.35, 0.5, 0.7, 0.85, 0.95, 1, 1, 0.98, 0.97, 0.96, 0.94, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4];

export const SHAPES = [
  ['flat', 'always the same', {}],
  ['people', 'days and nights, weekends quieter', { diurnal: PEOPLE.join(','), weekly: '1,1,1,1,1,0.5,0.4' }],
  ['office', 'business hours only', { diurnal: OFFICE.join(','), weekly: '1,1,1,1,1,0,0' }],
];

// The name of the shape in an address, `given` for one of its own.
export function shapeOf(params) {
  const same = ([, , shape]) => (params.get('diurnal') ?? '') === (shape.diurnal ?? '') && (params.get('weekly') ?? '') === (shape.weekly ?? '');
  return SHAPES.find(same)?.[0] ?? 'given';
}
