/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_WORDS_H
#define LG_TAKE_WORDS_H

#include "take/taking.h"

/*
 * Who holds what no object refers to? Words of the process's own memory that
 * are the address of an object whose refcount exceeds the known references:
 *
 *   on the evaluation stack of a running frame, how deep it is nobody stores;
 *   on the C stack of a thread, from its stack pointer up;
 *   on both kinds of stacks of a greenlet that is switched away from: its C
 *   stack was moved to the heap;
 *   in the state of a module written in C, where its m_traverse leaves it out;
 *   in the static data of a program or library, outside the objects there.
 *
 * In this order, and each word explains one reference at most, so that what is
 * left is still C code's. Such a word may be left over from before, and a
 * static variable may have borrowed what it points to: but the reference that
 * the refcount counts is there, and this is the best witness for it. The first
 * ones become references of the frame, thread, greenlet or module, the last a root
 * LG_ROOT_C_CODE that names the file.
 */
struct lg_words {
	uint32_t stack_name, values_name, state_name; /* strings */
	struct lg_static_data {
		uint64_t start, end;
		uint32_t name; /* string */
	} *data; /* of programs and libraries, ascending */
	size_t data_count, data_capacity;
};

/* Names, while there can be new ones. Release with lg_words_free(). */
enum lg_status lg_words_prepare(struct lg_taking *taking, struct lg_words *out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_words_free(struct lg_words *words);

/* Into the validated snapshot, from the copy. O(objects + references + bytes of that memory). */
enum lg_status lg_words_explain(struct lg_taking *taking, const struct lg_words *words,
				struct lg_error *err) LG_MUST_CHECK;

#endif
