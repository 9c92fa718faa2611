/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * A few words from each of many addresses, copied into one place. A fault costs
 * the piece it was at: the host goes on behind it.
 */

_Noreturn void blob_scatter_main(struct lg_walker_scatter *s);

/* The third entry of the blob; blob.ld puts it at LG_WALKER_SCATTER_ENTRY. */
__asm__(".section .text.scatter_entry,\"ax\",@progbits\n"
	"	cld\n"
	"	andq $-16, %rsp\n"
	"	xorl %ebp, %ebp\n"
	"	call blob_scatter_main\n"
	"	ud2\n"
	".previous\n");

_Noreturn void blob_scatter_main(struct lg_walker_scatter *s)
{
	for (; s->done < s->count; s->done++) {
		uint64_t from = load64(s->addresses + s->done * 8);
		uint64_t *to = (uint64_t *)(s->out + s->done * s->words * 8);

		for (uint64_t i = 0; i < s->words; i++)
			to[i] = load64(from + i * 8);
	}
	for (;;)
		__asm__ volatile("int3" ::: "memory");
}
