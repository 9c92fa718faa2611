/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

_Noreturn void blob_main(struct lg_walker *w);

/* The first bytes of the blob: a stack as the ABI wants it, then blob_main. */
__asm__(".section .text.entry,\"ax\",@progbits\n"
	".globl blob_entry\n"
	".hidden blob_entry\n"
	"blob_entry:\n"
	"	cld\n"
	"	andq $-16, %rsp\n"
	"	xorl %ebp, %ebp\n"
	"	call blob_main\n"
	"	ud2\n"
	".previous\n");

/* Say something; the host lets us go on behind the int3. */
void blob_stop(struct lg_walker *w, enum lg_walker_event event)
{
	w->event = event;
	__asm__ volatile("int3" ::: "memory");
}

_Noreturn void blob_end(struct lg_walker *w, enum lg_walker_event event)
{
	for (;;)
		blob_stop(w, event);
}

static void set_up(struct lg_walker *w)
{
	w->type_slots = 1024;
	w->types = (uint64_t)blob_alloc(w, w->type_slots * sizeof(struct record *));
	w->hints = (uint64_t)blob_alloc(w, MAX_HINTS * sizeof(struct hint));
	w->stage = LG_WALKER_LISTS;
}

/* What the interpreter holds, by address; each becomes its number, 0 where it is no object. */
static void number_seeds(struct lg_walker *w)
{
	for (; w->seed < w->seed_count; w->seed++) {
		uint64_t *slot = (uint64_t *)w->seeds + w->seed;

		*slot = blob_meet(w, *slot);
	}
	w->partial = 0;
}

/* Entered at the start, and again after each fault and stall. */
_Noreturn void blob_main(struct lg_walker *w)
{
	if (w->recover && w->stage != LG_WALKER_START) {
		blob_recover(w);
		if (w->stage != LG_WALKER_LISTS)
			w->recover = 0;
	}
	if (w->stage == LG_WALKER_START)
		set_up(w);
	if (w->stage == LG_WALKER_LISTS) {
		blob_walk_lists(w);
		w->stage = LG_WALKER_SEEDS;
	}
	if (w->stage == LG_WALKER_SEEDS) {
		number_seeds(w);
		w->stage = LG_WALKER_HEAD;
	}
	blob_walk_objects(w);
	blob_end(w, LG_WALKER_DONE);
}
