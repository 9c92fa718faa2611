/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/heapsnapshot/sheet.h"

/* One more than a label's number is its value in the map; one more than its kind makes no key 0. */
uint64_t lg_sheet_label(struct lg_sheet *sheet, struct lg_label label)
{
	uint32_t name = label.exact ? label.exact : label.name;
	uint64_t key = (uint64_t)(label.kind + 1) << 32 | name;
	const uint32_t *known = lg_word_map_find(&sheet->number_of_label, key);
	uint64_t first = (uint64_t)LG_NODE_COUNT + sheet->analysis->snapshot->type_count;

	if (known)
		return first + *known;
	if (!lg_reserve(sheet->label, sheet->label_capacity, sheet->label_count + 1) ||
	    !lg_word_map_set(&sheet->number_of_label, key, (uint32_t)sheet->label_count)) {
		sheet->no_memory = true;
		return first;
	}
	sheet->label[sheet->label_count] = label;
	return first + sheet->label_count++;
}

static void put_string(struct lg_sheet *sheet, const char *text)
{
	lg_stream_text(sheet->stream, ",\n");
	lg_stream_quoted(sheet->stream, text, '\\');
}

static void put_synthetic(struct lg_sheet *sheet)
{
	static const char *const name[LG_NODE_COUNT] = {
		[LG_NODE_TOP] = "",
		[LG_NODE_GC_ROOTS] = "(GC roots)",
		[LG_NODE_ROOTS + LG_ROOT_OTHER] = "(Other roots)",
		[LG_NODE_ROOTS + LG_ROOT_MODULE] = "(Modules)",
		[LG_NODE_ROOTS + LG_ROOT_CLASS] = "(Static types)",
		[LG_NODE_ROOTS + LG_ROOT_THREAD] = "(Threads)",
		[LG_NODE_ROOTS + LG_ROOT_INTERPRETER] = "(Interpreter)",
		[LG_NODE_ROOTS + LG_ROOT_C_CODE] = "(C code)",
		[LG_NODE_ROOTS + LG_ROOT_INTERNED] = "(Interned strings)",
		[LG_NODE_GARBAGE] = "(Garbage)",
		[LG_NODE_SMALLER] = "(Smaller objects)",
	};

	lg_stream_quoted(sheet->stream, name[LG_NODE_TOP], '\\');
	for (unsigned node = LG_NODE_TOP + 1; node < LG_NODE_COUNT; node++)
		put_string(sheet, name[node]);
}

/* An attribute's name stands without its dot, as Chrome writes it. */
static void put_label(struct lg_sheet *sheet, struct lg_label label, struct lg_buffer *text)
{
	text->used = 0;
	lg_label_text(sheet->analysis, label, false, text);
	put_string(sheet, text->used ? text->bytes + (label.kind == LG_REF_ATTR) : "");
}

enum lg_status lg_sheet_strings(struct lg_sheet *sheet, struct lg_error *err)
{
	const struct lg_analysis *analysis = sheet->analysis;
	lg_cleanup(lg_buffer_free) struct lg_buffer text = {0};
	enum lg_status status = LG_OK;

	put_synthetic(sheet);
	for (uint32_t type = 0; type < analysis->snapshot->type_count; type++) {
		text.used = 0;
		lg_type_text(analysis, type, &text);
		put_string(sheet, text.used ? text.bytes : "");
	}
	for (size_t i = 0; i < sheet->label_count && status == LG_OK; i++) {
		put_label(sheet, sheet->label[i], &text);
		if (i % LG_NODES_A_CHECK == 0)
			status = lg_sheet_check(sheet, "writing names", i, sheet->label_count, err);
	}
	if (status == LG_OK && text.failed)
		status = lg_fail(err, LG_E_MEMORY, "no memory for a name");
	return status;
}
