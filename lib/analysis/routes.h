/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_ROUTES_H
#define LG_ANALYSIS_ROUTES_H

#include "analysis/trail.h"

/*
 * Merged paths along a tree (shortest paths, or dominators). The signature of
 * a node is a hash of its merged path: the labels and types from the root
 * down, steps that repeat told once. Nodes with equal signatures are told as
 * one path.
 */
struct lg_routes {
	struct lg_analysis *analysis;
	const uint32_t *parent; /* of the tree; borrowed */
	const uint32_t *via;    /* node: the reference to it from its parent */
	uint32_t *own_via;      /* where it is not borrowed */
	uint64_t *signature;    /* 0: not known yet */
	uint32_t *tail;         /* hash of the last label and type */
	bool dominators;
};

enum lg_status lg_routes_open(struct lg_analysis *analysis, bool dominators, struct lg_routes *out,
			      struct lg_error *err) LG_MUST_CHECK;
void lg_routes_free(struct lg_routes *routes);

/* 0 for what no root reaches. Amortised O(1): each ancestor is hashed once. */
enum lg_status lg_route_signature(struct lg_routes *routes, uint32_t node, uint64_t *out,
				  struct lg_error *err) LG_MUST_CHECK;

/* The `top` merged paths on which most of the nodes lie; *more: how many others there are. */
enum lg_status lg_routes_merge(struct lg_routes *routes, const uint32_t *node, uint32_t count,
			       uint32_t top, struct lg_pool *pool, struct lg_route **out,
			       size_t *out_count, uint64_t *more,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
