/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bounds.h"

#define BLOCK 4096

#define FIRST(name, type, parameters, is_bad)                                            \
	uint64_t name(const type *value, uint64_t count parameters)                      \
	{                                                                                \
		for (uint64_t start = 0; start < count; start += BLOCK) {                \
			uint64_t end = count - start < BLOCK ? count : start + BLOCK;    \
			unsigned bad = 0;                                                \
			for (uint64_t i = start; i < end; i++)                           \
				bad |= is_bad;                                           \
			for (uint64_t i = start; bad && i < end; i++)                    \
				if (is_bad)                                              \
					return i;                                        \
		}                                                                        \
		return count;                                                            \
	}
#define BOUND , uint32_t bound
#define NOTHING
FIRST(lg_first_at_least_u32, uint32_t, BOUND, value[i] >= bound)
FIRST(lg_first_at_least_u8, uint8_t, BOUND, value[i] >= bound)
FIRST(lg_first_no_object, uint32_t, BOUND, value[i] - 1u >= bound - 1u)
FIRST(lg_first_beyond, uint32_t, BOUND, (value[i] >= bound) & (value[i] != UINT32_MAX))
FIRST(lg_first_descent, uint32_t, NOTHING, value[i + 1] < value[i])
