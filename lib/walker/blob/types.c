/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

static bool flag(uint64_t flags, uint32_t bit)
{
	return bit != LG_NO_FIELD && flags >> bit & 1;
}

static uint64_t type_flags(const struct lg_walker *w, uint64_t type)
{
	return load64(type + w->layout.type.flags);
}

/* Is it the address of a type: something whose own type is a subclass of `type`? */
static bool is_type(const struct lg_walker *w, uint64_t type)
{
	uint64_t meta;

	if (!plausible(type))
		return false;
	meta = load64(type + w->layout.object.type);
	return plausible(meta) && flag(type_flags(w, meta), w->layout.type.flag_type_bit);
}

/* Made by C code, and not by a class statement: tp_name of those is the text of a str. */
static bool made_by_c(const struct lg_walker *w, uint64_t type)
{
	uint64_t name, text;

	if (!flag(type_flags(w, type), w->layout.type.flag_heaptype_bit))
		return true;
	if (w->library.type.heap_tpname != LG_NO_FIELD)
		return load64(type + w->library.type.heap_tpname) != 0;
	name = load64(type + w->layout.type.heap_name);
	text = load64(type + w->layout.type.name);
	return text != name + w->layout.unicode.ascii_data &&
	       text != load64(name + w->library.unicode.utf8);
}

static const struct lg_known_type *known_type(const struct lg_walker *w, uint64_t type)
{
	const char *name = (const char *)load64(type + w->layout.type.name);
	uint64_t basic = load64(type + w->layout.type.basicsize);

	if (!made_by_c(w, type) || !blob_is_readable(w, (uint64_t)name, 1))
		return NULL;
	for (uint32_t i = 0; i < LG_MAX_KNOWN_TYPES && w->library.known[i].name[0]; i++) {
		const struct lg_known_type *known = &w->library.known[i];

		if (name[0] == known->name[0] &&
		    blob_equal(name, known->name, sizeof known->name) &&
		    basic >= known->basic_bytes)
			return known;
	}
	return NULL;
}

static void add_field(struct record *record, uint32_t offset, uint32_t name, bool owned)
{
	if (record->field_count == MAX_TYPE_FIELDS || offset < 16 ||
	    record->basic_bytes < 8 || offset > record->basic_bytes - 8)
		return;
	for (uint32_t i = 0; i < record->field_count; i++)
		if (record->field[i].offset == offset)
			return;
	record->field[record->field_count++] =
		(struct field){ .offset = offset, .name = name, .owned = owned };
}

static void add_members(struct lg_walker *w, struct record *record, uint64_t type)
{
	uint64_t member = load64(type + w->library.type.members);

	for (uint32_t i = 0; member && i < MAX_MEMBERS; i++, member += w->library.member.bytes) {
		uint64_t name = load64(member + w->library.member.name);
		uint32_t kind = load32(member + w->library.member.type);

		if (!name || !blob_is_readable(w, name, 1))
			break;
		if (kind == w->library.member.type_object ||
		    kind == w->library.member.type_object_ex)
			add_field(record, load32(member + w->library.member.offset),
				  blob_c_name(w, name), false);
	}
}

/* Families that name all they refer to themselves. */
static bool names_itself(const struct lg_known_type *known)
{
	switch ((enum lg_label_rule)known->label) {
	case LG_LABEL_PLAIN:
	case LG_LABEL_ITEMS:
	case LG_LABEL_DICT:
	case LG_LABEL_ODICT:
	case LG_LABEL_LRU_CACHE:
	case LG_LABEL_LRU_LINK:
	case LG_LABEL_ELEMENT:
	case LG_LABEL_TZINFO:
	case LG_LABEL_NDARRAY:
	case LG_LABEL_DTYPE:
	case LG_LABEL_CONTEXT_VAR:
		return false;
	default:
		return true;
	}
}

static uint32_t bytes_of(const char *text, uint32_t capacity)
{
	uint32_t n = 0;

	while (n < capacity && text[n])
		n++;
	return n;
}

static void add_known(struct lg_walker *w, struct record *record, const struct lg_known_type *known)
{
	for (uint32_t i = 0; i < LG_MAX_KNOWN_FIELDS && known->field[i].offset; i++) {
		const struct lg_known_field *f = &known->field[i];
		uint32_t name = LG_WALKER_TEXT | (FIXED_NAMES + w->next_text++);

		blob_text(w, name, f->name, bytes_of(f->name, sizeof f->name));
		add_field(record, f->offset, name, true);
	}
}

/*
 * sys.flags and the like. Their tp_traverse may ask what the interpreter of the
 * calling thread has of the type, and the copy's thread may stand in none: their
 * items, of which none is hidden, are read by the table.
 */
static bool is_struct_sequence(const struct lg_walker *w, uint64_t type, const struct lg_known_type *known)
{
	return known->label == LG_LABEL_TUPLE && w->layout.static_type.traverse_asks_thread &&
	       flag(type_flags(w, type), w->layout.static_type.flag_bit);
}

/*
 * Slots and members of the type and its bases, in the order in which
 * subtype_traverse meets them, and how size and labels are known: from the
 * nearest base that the table has.
 */
static void read_bases(struct lg_walker *w, struct record *record)
{
	struct field fields[MAX_TYPE_FIELDS];
	const struct lg_known_type *known = NULL;
	uint64_t type = record->address;

	record->field = fields;
	for (uint32_t i = 0; type && i < MAX_BASES; i++) {
		const struct lg_known_type *here = known_type(w, type);

		if (here && !known) {
			known = here;
			record->size_rule = here->size;
			record->label_rule = here->label;
			record->exact = i == 0 || is_struct_sequence(w, record->address, here);
			for (uint32_t k = 0; k < LG_MAX_KNOWN_OFFSETS; k++)
				record->at[k] = here->at[k];
		}
		if (here)
			add_known(w, record, here);
		if (!here || !names_itself(here))
			add_members(w, record, type);
		type = load64(type + w->layout.type.base);
	}
	record->field = NULL;
	if (!record->field_count)
		return;
	record->field = blob_alloc(w, record->field_count * sizeof *record->field);
	__builtin_memcpy(record->field, fields, record->field_count * sizeof *fields);
}

static void read_type(struct lg_walker *w, struct record *record)
{
	uint64_t type = record->address;
	uint64_t flags = type_flags(w, type);

	record->basic_bytes = load32(type + w->layout.type.basicsize);
	record->item_bytes = load32(type + w->layout.type.itemsize);
	record->traverse = load64(type + w->layout.type.traverse);
	record->is_gc = load64(type + w->layout.type.is_gc);
	if (record->traverse && !blob_is_code(w, record->traverse)) {
		record->traverse = 0;
		record->codeless = true;
	}
	if (record->is_gc && !blob_is_code(w, record->is_gc))
		record->is_gc = 0;
	record->dict_offset = (int64_t)load64(type + w->layout.type.dictoffset);
	record->heap = flag(flags, w->layout.type.flag_heaptype_bit);
	record->gc = flag(flags, w->layout.type.flag_have_gc_bit);
	record->managed = flag(flags, w->layout.type.flag_managed_dict_bit);
	record->inline_values = flag(flags, w->layout.type.flag_inline_values_bit);
	record->before_bytes = (record->gc ? w->layout.gc.bytes : 0) +
			       (flags & w->layout.type.preheader_flags ?
					w->layout.managed.preheader_bytes : 0);
	if (record->heap && record->managed)
		record->cached_keys = load64(type + w->layout.type.heap_cached_keys);
}

static void grow_table(struct lg_walker *w)
{
	struct record **old = (struct record **)w->types, **fresh;
	uint32_t slots = w->type_slots * 2;

	fresh = blob_alloc(w, slots * sizeof *fresh);
	for (uint32_t i = 0; i < w->type_slots; i++) {
		uint64_t k;

		if (!old[i])
			continue;
		for (k = (old[i]->address >> 4) * 0x9e3779b97f4a7c15ull >> 40; fresh[k & (slots - 1)];)
			k++;
		fresh[k & (slots - 1)] = old[i];
	}
	w->types = (uint64_t)fresh;
	barrier();
	w->type_slots = slots;
}

static void insert(struct lg_walker *w, struct record *record)
{
	struct record **table;
	uint64_t k;

	if (w->type_count >= w->type_slots / 2)
		grow_table(w);
	table = (struct record **)w->types;
	for (k = (record->address >> 4) * 0x9e3779b97f4a7c15ull >> 40;
	     table[k & (w->type_slots - 1)];)
		k++;
	table[k & (w->type_slots - 1)] = record;
	w->type_count++;
}

/* The type object itself is numbered, since whoever has an instance has its type. */
static void announce(struct lg_walker *w, struct record *record)
{
	struct lg_walker_type *row;
	uint32_t number = *map_slot(w, record->address) & ~LG_WALKER_NAMED;

	if (!number || number == LG_WALKER_BAD)
		number = blob_number_inner(w, record->address);
	row = blob_row(w, LG_WALKER_TYPES, sizeof *row);
	row->address = record->address;
	row->object = number;
	row->flags = (record->heap ? LG_TYPE_HEAP : 0) | (record->gc ? LG_TYPE_GC : 0);
	record->id = (uint32_t)column_position(w, LG_WALKER_TYPES) + 1;
	barrier();
	w->column[LG_WALKER_TYPES].count++;
}

/*
 * NULL where it is no type. A type whose bases or members can't be read is
 * tried once more without them.
 */
struct record *blob_type_create(struct lg_walker *w, uint64_t type)
{
	struct record local = { .address = type }, *record;

	if (!is_type(w, type))
		return NULL;
	w->creating_type = type;
	barrier();
	read_type(w, &local);
	if (w->minimal_type != type)
		read_bases(w, &local);
	w->creating_type = 0;
	local.inner = (local.gc && (local.traverse || local.codeless)) || local.is_gc || local.heap ||
		      local.field_count || local.dict_offset > 0 ||
		      local.label_rule == LG_LABEL_CODE ||
		      local.label_rule == LG_LABEL_TZINFO || local.label_rule == LG_LABEL_DTYPE;
	local.content_rule = local.inner ? 0 : blob_content_rule(w, &local);
	record = blob_alloc(w, sizeof *record);
	*record = local;
	announce(w, record);
	insert(w, record);
	return record;
}
