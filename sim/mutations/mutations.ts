/**
 * Owns the whole list of mistakes that the simulation has to catch.
 * Must not make them.
 */
import { clientMutations } from './client-mutations.ts';
import { controllerMutations } from './controller-mutations.ts';
import { coreMutations } from './core-mutations.ts';
import type { Mutation } from './mutation.ts';

export const mutations: readonly Mutation[] = [...coreMutations, ...controllerMutations, ...clientMutations];
