/* SPDX-License-Identifier: GPL-2.0-or-later */
	.section .rodata
	.balign 16
	.globl lg_walker_blob
	.globl lg_walker_blob_end
lg_walker_blob:
	.incbin LG_WALKER_BLOB
lg_walker_blob_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits
