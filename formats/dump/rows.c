/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <msgpack.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
#include "formats/dump/fields.h"
#include "formats/dump/frame.h"
#include "formats/dump/id_table.h"
#include "formats/dump/info.h"
#include "formats/dump/rows.h"

/*
 * The row form, value by value: first to verify, then into struct lg_rows.
 * Tokens are read by hand: a library that builds an object for each row takes
 * ten times as long.
 */

void lg_rows_release(struct lg_rows *rows)
{
	free(rows->id);
	free(rows->size);
	free(rows->type);
	free(rows->refcount);
	free(rows->degree);
	free(rows->target);
	free(rows->ref_name);
	free(rows->ref_kind);
	free(rows->root_id);
	free(rows->root);
	lg_intern_free(rows->strings);
	lg_intern_free(rows->type_keys);
	free(rows->types);
	free(rows->key);
}

/* A bound from below: what fits is not refused. */
uint64_t lg_rows_bytes(uint64_t rows, uint64_t references)
{
	const struct lg_rows *r = NULL;
	uint64_t row = sizeof *r->id + sizeof *r->size + sizeof *r->type + sizeof *r->refcount +
		       sizeof *r->degree + 2 * sizeof(struct lg_id_slot);
	uint64_t reference = sizeof *r->target + sizeof *r->ref_name + sizeof *r->ref_kind;

	row += lg_dump_row_bytes(&lg_dump_tables[LG_TABLE_OBJECTS]);
	return row * rows + (reference + sizeof(uint32_t)) * references;
}

/* ---- what a value is ---- */

enum value_kind { VALUE_ROW, VALUE_ROOTS, VALUE_INFO, VALUE_END, VALUE_UNKNOWN };

static enum lg_status classify(const struct lg_values *values, enum value_kind *out,
			       struct lg_error *err)
{
	struct lg_token token;
	struct lg_name name;

	if (lg_token_read(values->value, values->scan.bytes, &token) != LG_TOKEN_OK)
		return lg_fail(err, LG_E_INTERNAL, "a scanned value has no token");
	if (token.kind != LG_TOKEN_ARRAY && token.kind != LG_TOKEN_MAP)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the value at byte %lu is %s, expected a row (an array) or a section (a map)",
			       values->offset, lg_token_kind_name(token.kind));
	name = lg_section_name(values->value, &values->scan);
	if (token.kind == LG_TOKEN_MAP && name.length == 0)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the map at byte %lu does not begin with 'section'", values->offset);
	if (token.kind == LG_TOKEN_ARRAY)
		*out = VALUE_ROW;
	else if (lg_name_is(name, "roots"))
		*out = VALUE_ROOTS;
	else if (lg_name_is(name, "info"))
		*out = VALUE_INFO;
	else
		*out = lg_name_is(name, "end") ? VALUE_END : VALUE_UNKNOWN;
	return LG_OK;
}

/* ---- verify ---- */

static enum lg_status verify_links(uint64_t count, struct lg_token_reader *links, enum lg_link_of of,
				   uint32_t minor, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (uint64_t i = 0; i < count && status == LG_OK; i++) {
		struct lg_row_link link;

		status = lg_row_next_link(links, of, minor, &link, err);
	}
	return status;
}

static enum lg_status verify_row(struct lg_frame_index *frame, const struct lg_values *values,
				 struct lg_error *err)
{
	struct lg_row row;
	enum lg_status status = lg_row_parse(values->value, values->scan.bytes, &row, err);

	if (status == LG_OK)
		status = verify_links(row.link_count, &row.links, LG_LINK_REFERENT,
				      frame->header.version_minor, err);
	if (status == LG_OK)
		frame->rows[LG_TABLE_REFERENCES] += row.link_count;
	frame->row_count++;
	if (status != LG_OK)
		lg_fail_within(err, "row %lu at byte %lu", frame->row_count, values->offset);
	return status;
}

static enum lg_status verify_end(struct lg_frame_index *frame, const msgpack_object *map,
				 struct lg_error *err)
{
	uint64_t rows = 0;
	enum lg_status status = lg_field_number(map, "objects", UINT64_MAX, &rows, err);

	if (status == LG_OK && rows != frame->row_count)
		return lg_fail(err, LG_E_UNREADABLE, "there should be %lu rows, the file holds %lu",
			       rows, frame->row_count);
	frame->ended = true;
	return status;
}

static enum lg_status verify_section(struct lg_frame_index *frame, const struct lg_values *values,
				     enum value_kind kind, struct lg_error *err)
{
	lg_cleanup(msgpack_unpacked_destroy) msgpack_unpacked map = {0};
	struct lg_token_reader links;
	uint64_t count;
	enum lg_status status;

	if (kind == VALUE_ROOTS) {
		status = lg_row_parse_roots(values->value, values->scan.bytes, &count, &links, err);
		return status == LG_OK ? verify_links(count, &links, LG_LINK_ROOT,
						      frame->header.version_minor, err)
				       : status;
	}
	status = lg_fields_parse(values->value, &values->scan, &map, err);
	if (status != LG_OK)
		return status;
	if (kind == VALUE_END)
		return verify_end(frame, &map.data, err);
	if (frame->info_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "is given twice");
	frame->info_offset = values->offset;
	frame->info_bytes = values->scan.bytes;
	return LG_OK;
}

static enum lg_status verify_value(struct lg_frame_index *frame, const struct lg_values *values,
				   struct lg_error *err)
{
	struct lg_name name = lg_section_name(values->value, &values->scan);
	enum value_kind kind = VALUE_UNKNOWN;
	enum lg_status status = classify(values, &kind, err);

	if (status != LG_OK)
		return status;
	if (frame->ended)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the value at byte %lu follows the section 'end'", values->offset);
	if (kind == VALUE_ROW)
		return verify_row(frame, values, err);
	if (kind == VALUE_UNKNOWN)
		return LG_OK;
	status = verify_section(frame, values, kind, err);
	if (status != LG_OK)
		lg_fail_within(err, "section '%s' at byte %lu", lg_name_show(name).text,
			       values->offset);
	return status;
}

static enum lg_status for_each_value(struct lg_frame_index *frame, struct lg_values *values,
				     const char *stage, const struct lg_progress *progress,
				     enum lg_status (*visit)(void *, const struct lg_values *,
							     struct lg_error *),
				     void *context, struct lg_error *err)
{
	enum lg_status status = lg_frame_values(frame, values, err);
	uint64_t reported = 0;
	bool more = true;

	while (status == LG_OK) {
		status = lg_values_next(values, &more, err);
		if (status != LG_OK || !more)
			break;
		if (values->offset - reported >= 1 << 20) {
			reported = values->offset;
			if (lg_progress_report(progress, stage, reported, frame->input.bytes,
					       "bytes"))
				return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
		}
		status = visit(context, values, err);
	}
	return status;
}

static enum lg_status visit_to_verify(void *context, const struct lg_values *values,
				      struct lg_error *err)
{
	return verify_value(context, values, err);
}

enum lg_status lg_verify_rows(struct lg_frame_index *frame, const struct lg_progress *progress,
			      struct lg_error *err)
{
	lg_cleanup(lg_values_release) struct lg_values values = {0};
	enum lg_status status = for_each_value(frame, &values, "verify", progress, visit_to_verify,
					       frame, err);

	if (status == LG_OK)
		status = lg_frame_check_seal(frame, &values, err);
	/* Each may bring an object that has no row: a bound that can't be passed later. */
	if (status == LG_OK &&
	    frame->row_count + frame->rows[LG_TABLE_REFERENCES] > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_LIMIT, "%lu rows with %lu references, expected at most %u",
			       frame->row_count, frame->rows[LG_TABLE_REFERENCES],
			       LG_MAX_REFERENCES);
	return status;
}

/* ---- decode ---- */

struct row_decoder {
	struct lg_frame_index *frame;
	struct lg_rows rows;
};

static void row_decoder_release(struct row_decoder *d)
{
	lg_rows_release(&d->rows);
}

static enum lg_status no_memory(const struct lg_rows *rows, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for more than %zu rows with %zu references",
		       rows->count, rows->reference_count);
}

static enum lg_status new_type(struct lg_rows *rows, struct lg_row_text module,
			       struct lg_row_text name, uint32_t flags, struct lg_error *err)
{
	struct lg_type type = {.object = LG_NONE, .flags = flags};
	enum lg_status status =
		lg_intern_add(rows->strings, module.bytes, module.length, &type.module, err);

	if (status == LG_OK)
		status = lg_intern_add(rows->strings, name.bytes, name.length, &type.name, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(rows->types, rows->types_capacity, rows->type_count + 1))
		return no_memory(rows, err);
	rows->types[rows->type_count++] = type;
	return LG_OK;
}

/* "app.models.Session" is cut at the last dot. */
static void split(struct lg_row_text *module, struct lg_row_text *name)
{
	const char *dot = name->length ? memrchr(name->bytes, '.', name->length) : NULL;

	*module = (struct lg_row_text){"builtins", 8};
	if (!dot)
		return;
	*module = (struct lg_row_text){name->bytes, (size_t)(dot - name->bytes)};
	name->length -= module->length + 1;
	name->bytes = dot + 1;
}

enum lg_status lg_rows_type(struct lg_rows *rows, struct lg_row_text module, struct lg_row_text name,
			    uint32_t flags, uint32_t *out, struct lg_error *err)
{
	size_t length;
	enum lg_status status;

	if (!module.bytes)
		split(&module, &name);
	length = module.length + 1 + name.length;
	if (!lg_reserve(rows->key, rows->key_capacity, length))
		return no_memory(rows, err);
	memcpy(rows->key, module.bytes, module.length);
	rows->key[module.length] = 0;
	memcpy(rows->key + module.length + 1, name.bytes, name.length);
	status = lg_intern_add(rows->type_keys, rows->key, length, out, err);
	if (status != LG_OK || *out < rows->type_count)
		return status;
	return new_type(rows, module, name, flags, err);
}

enum lg_status lg_rows_add(struct lg_rows *rows, uint64_t id, struct lg_error *err)
{
	size_t i = rows->count;

	if (!lg_reserve(rows->id, rows->id_capacity, i + 1) ||
	    !lg_reserve(rows->size, rows->size_capacity, i + 1) ||
	    !lg_reserve(rows->type, rows->type_capacity, i + 1) ||
	    !lg_reserve(rows->refcount, rows->refcount_capacity, i + 1) ||
	    !lg_reserve(rows->degree, rows->degree_capacity, i + 1))
		return no_memory(rows, err);
	rows->id[i] = id;
	rows->size[i] = 0;
	rows->type[i] = 0;
	rows->refcount[i] = 0;
	rows->degree[i] = 0;
	rows->count++;
	return LG_OK;
}

static enum lg_status name_of(struct lg_rows *rows, const struct lg_label_parts *label, bool root,
			      uint32_t *out, struct lg_error *err)
{
	struct lg_row_text no_module = {0}, name = {label->name, label->length};

	if (!root && label->kind == LG_REF_KEY_TYPE)
		return lg_rows_type(rows, no_module, name, 0, out, err);
	return lg_intern_add(rows->strings, label->name, label->length, out, err);
}

static enum lg_status add_reference(struct lg_rows *rows, const struct lg_row_link *link,
				    struct lg_error *err)
{
	size_t i = rows->reference_count;

	if (!lg_reserve(rows->target, rows->target_capacity, i + 1) ||
	    !lg_reserve(rows->ref_name, rows->ref_name_capacity, i + 1) ||
	    !lg_reserve(rows->ref_kind, rows->ref_kind_capacity, i + 1))
		return no_memory(rows, err);
	rows->target[i] = link->id;
	rows->ref_kind[i] = link->label.kind;
	rows->reference_count++;
	return name_of(rows, &link->label, false, &rows->ref_name[i], err);
}

static enum lg_status decode_row(struct row_decoder *d, const struct lg_values *values,
				 struct lg_error *err)
{
	struct lg_rows *rows = &d->rows;
	struct lg_row row;
	size_t i = rows->count;
	enum lg_status status = lg_row_parse(values->value, values->scan.bytes, &row, err);

	if (status == LG_OK)
		status = lg_rows_add(rows, row.id, err);
	if (status == LG_OK)
		status = lg_rows_type(rows, row.module, row.type, 0, &rows->type[i], err);
	if (status != LG_OK)
		return status;
	rows->size[i] = row.size;
	rows->refcount[i] = row.refcount;
	rows->degree[i] = (uint32_t)row.link_count;
	rows->defined = rows->count;
	for (uint64_t n = 0; n < row.link_count && status == LG_OK; n++) {
		struct lg_row_link link;

		status = lg_row_next_link(&row.links, LG_LINK_REFERENT,
					  d->frame->header.version_minor, &link, err);
		if (status == LG_OK)
			status = add_reference(rows, &link, err);
	}
	return status;
}

static enum lg_status add_root(struct lg_rows *rows, const struct lg_row_link *link,
			       struct lg_error *err)
{
	size_t i = rows->root_count;

	if (!lg_reserve(rows->root_id, rows->root_id_capacity, i + 1) ||
	    !lg_reserve(rows->root, rows->root_capacity, i + 1))
		return no_memory(rows, err);
	rows->root_id[i] = link->id;
	rows->root[i] = (struct lg_root){.kind = link->label.kind};
	rows->root_count++;
	return name_of(rows, &link->label, true, &rows->root[i].name, err);
}

static enum lg_status decode_roots(struct row_decoder *d, const struct lg_values *values,
				   struct lg_error *err)
{
	struct lg_token_reader links;
	uint64_t count;
	enum lg_status status = lg_row_parse_roots(values->value, values->scan.bytes, &count,
						   &links, err);

	d->rows.has_roots = true;
	for (uint64_t i = 0; i < count && status == LG_OK; i++) {
		struct lg_row_link link;

		status = lg_row_next_link(&links, LG_LINK_ROOT, d->frame->header.version_minor,
					  &link, err);
		if (status == LG_OK)
			status = add_root(&d->rows, &link, err);
	}
	return status;
}

static enum lg_status visit_to_decode(void *context, const struct lg_values *values,
				      struct lg_error *err)
{
	struct row_decoder *d = context;
	enum value_kind kind = VALUE_UNKNOWN;
	enum lg_status status = classify(values, &kind, err);

	if (status == LG_OK && kind == VALUE_ROW)
		return decode_row(d, values, err);
	return status == LG_OK && kind == VALUE_ROOTS ? decode_roots(d, values, err) : status;
}

/* Verify has counted: no column needs to grow, unless the file is changed under us. */
static enum lg_status prepare(struct row_decoder *d, struct lg_error *err)
{
	struct lg_rows *rows = &d->rows;
	uint64_t references = d->frame->rows[LG_TABLE_REFERENCES], count = d->frame->row_count;
	struct lg_row_text root = {"(root)", 6}, none = {"", 0};
	enum lg_status status = lg_room_check("the rows", lg_rows_bytes(count, references), err);

	if (status != LG_OK)
		return status;
	rows->strings = lg_intern_new();
	rows->type_keys = lg_intern_new();
	if (!rows->strings || !rows->type_keys ||
	    !lg_reserve(rows->target, rows->target_capacity, references) ||
	    !lg_reserve(rows->ref_name, rows->ref_name_capacity, references) ||
	    !lg_reserve(rows->ref_kind, rows->ref_kind_capacity, references) ||
	    !lg_reserve(rows->id, rows->id_capacity, count))
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu rows with %lu references",
			       count, references);
	return new_type(rows, none, root, LG_TYPE_PSEUDO, err);
}

enum lg_status lg_decode_rows(const struct lg_frame_index *frame,
			      const struct lg_progress *progress, struct lg_snapshot *out,
			      struct lg_error *err)
{
	lg_cleanup(lg_values_release) struct lg_values values = {0};
	struct lg_frame_index copy = *frame;
	lg_cleanup(row_decoder_release) struct row_decoder d = {.frame = &copy};
	enum lg_status status = prepare(&d, err);

	if (status == LG_OK)
		status = for_each_value(&copy, &values, "read", progress, visit_to_decode, &d, err);
	if (status == LG_OK)
		status = lg_rows_finish(&d.rows, out, err);
	return status == LG_OK ? lg_decode_info(frame, out, err) : status;
}
