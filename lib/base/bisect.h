/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_BISECT_H
#define LG_BASE_BISECT_H

/*
 * Binary search: the first index below count for which `before`, an expression
 * of the index `at`, is false; count where there is none. It must be true up
 * to some index and false from there on. Of count's type. O(log count).
 *
 *	i = lg_bisect(at, count, row[at].address < address);
 */
#define lg_bisect(at, count, before)					\
	({								\
		__typeof__((count) + 0) low_ = 0, high_ = (count);	\
		while (low_ < high_) {					\
			__typeof__(low_) at = low_ + (high_ - low_) / 2;\
			if (before)					\
				low_ = at + 1;				\
			else						\
				high_ = at;				\
		}							\
		low_;							\
	})

#endif
