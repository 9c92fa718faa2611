/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_CODE_H
#define LG_CPYTHON_CODE_H

#include "base/intern.h"
#include "cpython/runtime.h"

#define LG_MAX_LOCALS 65536          /* variables of one function that are read */
#define LG_MAX_LINETABLE (1u << 20)  /* bytes of one line table */

/* What of a code object says where it is and what its variables are called. */
struct lg_code_info {
	uint64_t code;       /* 0: empty */
	uint32_t function, file; /* strings */
	uint32_t first_line;
	uint32_t stack_size; /* words of the evaluation stack */
	uint32_t local_count;
	uint32_t *local_name; /* strings */
	uint8_t *local_kind;  /* bits of layout.code.kind_* */
	uint8_t *linetable;
	uint32_t linetable_bytes;
};

/*
 * Read a code object. What can't be read is left empty (a frame without a name
 * is still a frame); only a thing that is no code object, and lack of memory,
 * are errors. Free also after a failure.
 */
enum lg_status lg_code_info_load(const struct lg_python *python, uint64_t code,
				 struct lg_intern *strings, struct lg_code_info *out,
				 struct lg_error *err) LG_MUST_CHECK;
void lg_code_info_free(struct lg_code_info *info);

/*
 * The line of an instruction, as a frame says where it is: the address of
 * prev_instr or, sign extended, last_instr. 0 where there is none. O(line table).
 */
uint32_t lg_code_info_line(const struct lg_python *python, const struct lg_code_info *info,
			   uint64_t instruction);

/*
 * The line tables' decoders by themselves. `unit` counts code units of two bytes
 * from the start; before the start is the first line.
 */
uint32_t lg_linetable_find(enum lg_line_form form, const uint8_t *table, uint32_t bytes,
			   uint32_t first_line, int64_t unit);

#endif
