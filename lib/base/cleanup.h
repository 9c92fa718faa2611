/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_CLEANUP_H
#define LG_BASE_CLEANUP_H

#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

/*
 * The one way to clean up: a variable marked lg_cleanup(f) has f called with
 * its address when it leaves its scope. lg_take() hands the value out instead.
 *
 *	lg_cleanup(lg_free) char *text = malloc(n);
 *	...
 *	return lg_take(text);
 */
#define lg_cleanup(function) __attribute__((cleanup(function)))

#define lg_take(variable)                             \
	({                                            \
		__typeof__(variable) taken_ = (variable); \
		(variable) = NULL;                    \
		taken_;                               \
	})

static inline void lg_free(void *slot)
{
	free(*(void **)slot);
}

static inline void lg_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void lg_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* For a destructor of T that takes NULL: LG_DEFINE_CLEANUP(lg_graph_free, struct lg_graph *) */
#define LG_DEFINE_CLEANUP(function, type)              \
	static inline void function##_slot(type *slot) \
	{                                              \
		function(*slot);                       \
	}

#endif
