/**
 * Owns the search for a smaller plan that still breaks the same guarantee: fewer faults, fewer singletons, fewer of all.
 * Must not look into a run.
 */
import type { WorldPlan } from './plan.ts';

/** Whether this plan still breaks it. */
export type StillFails = (plan: WorldPlan) => Promise<boolean>;

/** Each candidate is taken where it still fails, until none is. */
export async function shrink(plan: WorldPlan, stillFails: StillFails): Promise<WorldPlan> {
  let smallest = plan;
  for (;;) {
    const smaller = await firstThatFails(smallerPlans(smallest), stillFails);
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

async function firstThatFails(
  plans: readonly WorldPlan[],
  stillFails: StillFails,
): Promise<WorldPlan | undefined> {
  for (const plan of plans) if (await stillFails(plan)) return plan;
  return undefined;
}

function smallerPlans(plan: WorldPlan): readonly WorldPlan[] {
  const { faults, singletons, controllerDrifts } = plan;
  const half = Math.ceil(faults.length / 2);
  return [
    ...(faults.length > 2 ? [faults.slice(0, half), faults.slice(half)] : []).map((some) => ({
      ...plan,
      faults: some,
    })),
    ...faults.map((_, index) => ({ ...plan, faults: faults.toSpliced(index, 1) })),
    ...(singletons.length < 2 ? [] : singletons.map((_, index) => withoutSingleton(plan, index))),
    ...(controllerDrifts.length < 2 ? [] : [{ ...plan, controllerDrifts: controllerDrifts.slice(1) }]),
    ...(plan.nodes > 2 ? [{ ...plan, nodes: plan.nodes - 1 }] : []),
    ...simplerSingletons(plan),
  ];
}

function withoutSingleton(plan: WorldPlan, index: number): WorldPlan {
  return { ...plan, singletons: plan.singletons.toSpliced(index, 1) };
}

function simplerSingletons(plan: WorldPlan): readonly WorldPlan[] {
  const simple = { hasTripwire: false, hasCompanion: false, replicas: 2, startMs: 0, servesOnMs: 0 } as const;
  return plan.singletons.flatMap((singleton, index) =>
    Object.entries(simple)
      .filter(([field, value]) => Reflect.get(singleton, field) !== value)
      .map(([field, value]) => ({
        ...plan,
        singletons: plan.singletons.with(index, { ...singleton, [field]: value }),
      })),
  );
}
