/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_GRAPHS_H
#define TESTS_GRAPHS_H

#include "leakgraph/graph.h"

/*
 * Snapshots made in a test: add references and roots in any order, then take
 * the snapshot out. All allocation failures abort.
 */
struct sketch;

/* Objects 0 .. inner_count-1 are inner (0 the virtual root), the rest leaves; all of 16 bytes. */
struct sketch *sketch_new(uint32_t object_count, uint32_t inner_count);
void sketch_refer(struct sketch *sketch, uint32_t from, uint32_t to, uint8_t kind);
void sketch_named(struct sketch *sketch, uint32_t from, uint32_t to, uint8_t kind, uint32_t name);
void sketch_root(struct sketch *sketch, uint32_t object, uint8_t kind);
void sketch_size(struct sketch *sketch, uint32_t object, uint64_t bytes);
/* The sketch is gone after it. Types: 0 is built in, 1 a class made at run time. */
struct lg_snapshot *sketch_finish(struct sketch *sketch);

/* A generator of the same numbers on each machine (xorshift64*). */
struct dice {
	uint64_t state;
};
struct dice dice_new(uint64_t seed);
uint32_t dice_below(struct dice *dice, uint32_t bound);

/* Any graph of 2 to 200 objects: sparse, dense, local or scattered, with all kinds of references.
 */
struct lg_snapshot *random_snapshot(uint64_t seed);
/* The same with at most so many objects. */
struct lg_snapshot *random_snapshot_of(uint64_t seed, uint32_t most);

/*
 * Like the heap of a service: modules with dicts, classes, functions, caches,
 * records with parents, trees, long lists, closures, garbage. About so many
 * objects, leaves last, the same for the same seed.
 */
struct lg_snapshot *heap_snapshot(uint32_t object_count, uint64_t seed);

/*
 * Two lists of `length` items that share their payloads: quadratic for the
 * textbook's semi-NCA.
 */
struct lg_snapshot *twin_snapshot(uint32_t length);

#endif
