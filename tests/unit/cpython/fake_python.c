/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cpython/fake_python.h"

static enum lg_status read_fake(void *context, uint64_t address, void *buffer, size_t bytes,
				struct lg_error *err)
{
	struct fake *fake = context;

	fake->reads++;
	if (address < FAKE_BASE || address - FAKE_BASE > FAKE_BYTES ||
	    bytes > FAKE_BYTES - (address - FAKE_BASE))
		return lg_fail(err, LG_E_IO, "nothing is mapped at 0x%llx",
			       (unsigned long long)address);
	memcpy(buffer, fake->bytes + (address - FAKE_BASE), bytes);
	return LG_OK;
}

uint64_t fake_space(struct fake *fake, uint64_t bytes)
{
	uint64_t at = FAKE_BASE + fake->used;

	fake->used += (bytes + 15) / 16 * 16;
	cr_assert_leq(fake->used, FAKE_BYTES);
	return at;
}

static uint8_t *host(const struct fake *fake, uint64_t address, uint64_t bytes)
{
	cr_assert_geq(address, FAKE_BASE);
	cr_assert_leq(address - FAKE_BASE + bytes, FAKE_BYTES);
	return fake->bytes + (address - FAKE_BASE);
}

void fake_put64(struct fake *fake, uint64_t address, uint64_t value)
{
	memcpy(host(fake, address, 8), &value, 8);
}

void fake_put32(struct fake *fake, uint64_t address, uint32_t value)
{
	memcpy(host(fake, address, 4), &value, 4);
}

void fake_put8(struct fake *fake, uint64_t address, uint8_t value)
{
	*host(fake, address, 1) = value;
}

uint64_t fake_get64(const struct fake *fake, uint64_t address)
{
	uint64_t value;

	memcpy(&value, host(fake, address, 8), 8);
	return value;
}

static uint64_t object_of(struct fake *fake, uint64_t type, uint64_t bytes)
{
	uint64_t at = fake_space(fake, bytes);

	fake_put64(fake, at + fake->python.layout->object.refcount, 1);
	fake_put64(fake, at + fake->python.layout->object.type, type);
	return at;
}

uint64_t fake_object(struct fake *fake, enum lg_family family, uint64_t bytes)
{
	return object_of(fake, fake->python.base_type[family], bytes);
}

uint64_t fake_wide_str(struct fake *fake, const uint32_t *characters, uint32_t count, uint32_t width)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_object(fake, LG_FAMILY_STR, l->unicode.compact_data + count * width);

	fake_put64(fake, at + l->unicode.length, count);
	fake_put32(fake, at + l->unicode.state,
		   width << l->unicode.kind_shift | 1u << l->unicode.compact_bit);
	for (uint32_t i = 0; i < count; i++)
		memcpy(host(fake, at + l->unicode.compact_data + i * width, width), &characters[i],
		       width);
	return at;
}

uint64_t fake_str(struct fake *fake, const char *ascii)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t length = strlen(ascii);
	uint64_t at = fake_object(fake, LG_FAMILY_STR, l->unicode.ascii_data + length + 1);

	fake_put64(fake, at + l->unicode.length, length);
	fake_put32(fake, at + l->unicode.state,
		   1u << l->unicode.interned_shift | 1u << l->unicode.kind_shift |
			   1u << l->unicode.compact_bit | 1u << l->unicode.ascii_bit);
	memcpy(host(fake, at + l->unicode.ascii_data, length + 1), ascii, length + 1);
	return at;
}

uint64_t fake_bytes(struct fake *fake, const void *data, uint64_t count)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_object(fake, LG_FAMILY_BYTES, l->bytes.data + count + 1);

	fake_put64(fake, at + l->var.size, count);
	memcpy(host(fake, at + l->bytes.data, count), data, count);
	return at;
}

uint64_t fake_tuple(struct fake *fake, const uint64_t *items, uint64_t count)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_object(fake, LG_FAMILY_TUPLE, l->tuple.items + count * 8);

	fake_put64(fake, at + l->var.size, count);
	for (uint64_t i = 0; i < count; i++)
		fake_put64(fake, at + l->tuple.items + i * 8, items[i]);
	return at;
}

uint64_t fake_int(struct fake *fake, uint64_t value)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_object(fake, LG_FAMILY_LONG, l->integer.digits + 12);
	uint64_t digits = 0;

	for (; value; value >>= l->integer.digit_bits)
		fake_put32(fake, at + l->integer.digits + 4 * digits++,
			   value & ((1u << l->integer.digit_bits) - 1));
	fake_put64(fake, at + l->integer.size, digits);
	return at;
}

static uint64_t fake_keys(struct fake *fake, bool general, const uint64_t *pairs, uint64_t count)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t entry_bytes = general ? l->keys.general_entry_bytes : l->keys.unicode_entry_bytes;
	uint8_t log2 = 3;
	uint64_t at, entries;

	while (1ULL << log2 < count + 1)
		log2++;
	at = fake_space(fake, l->keys.indices + (1ULL << log2) + (count + 1) * entry_bytes);
	entries = at + l->keys.indices + (1ULL << log2);
	fake_put8(fake, at + l->keys.log2_size, log2);
	fake_put8(fake, at + l->keys.log2_index_bytes, log2);
	fake_put8(fake, at + l->keys.kind, general ? l->keys.kind_general : l->keys.kind_unicode);
	fake_put64(fake, at + l->keys.nentries, count + 1);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = entries + i * entry_bytes + (general ? 8 : 0);

		fake_put64(fake, entry, pairs[2 * i]);
		fake_put64(fake, entry + 8, pairs[2 * i + 1]);
	}
	return at;
}

uint64_t fake_dict(struct fake *fake, bool general, const uint64_t *pairs, uint64_t count)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_object(fake, LG_FAMILY_DICT, l->dict.bytes);

	fake_put64(fake, at + l->dict.used, count);
	fake_put64(fake, at + l->dict.keys, fake_keys(fake, general, pairs, count));
	return at;
}

uint64_t fake_code(struct fake *fake, const char *name, const char *const *locals,
		   const uint8_t *kinds, uint32_t count, uint32_t stack_size)
{
	const struct lg_layout *l = fake->python.layout;
	/* One entry: line + 2 for eight units; then one without a location. */
	static const uint8_t table[] = { 0x80 | 12 << 3 | 7, 0, 0, 0x80 | 15 << 3 | 7 };
	uint64_t at = fake_object(fake, LG_FAMILY_CODE, l->code.code_adaptive + 32);
	uint64_t names[64];

	for (uint32_t i = 0; i < count; i++)
		names[i] = fake_str(fake, locals[i]);
	fake_put32(fake, at + l->code.nlocalsplus, count);
	fake_put32(fake, at + l->code.stacksize, stack_size);
	fake_put32(fake, at + l->code.firstlineno, 10);
	fake_put64(fake, at + l->code.localsplusnames, fake_tuple(fake, names, count));
	fake_put64(fake, at + l->code.localspluskinds, fake_bytes(fake, kinds, count));
	fake_put64(fake, at + l->code.qualname, fake_str(fake, name));
	fake_put64(fake, at + l->code.filename, fake_str(fake, "app.py"));
	fake_put64(fake, at + l->code.linetable, fake_bytes(fake, table, sizeof table));
	return at;
}

uint64_t fake_frame(struct fake *fake, uint64_t code, uint64_t previous, int32_t stack_top)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_space(fake, l->frame.localsplus + 64 * 8);

	fake_put64(fake, at + l->frame.code, code);
	fake_put64(fake, at + l->frame.previous, previous);
	fake_put64(fake, at + l->frame.prev_instr, code + l->code.code_adaptive + 2);
	fake_put32(fake, at + l->frame.stacktop, (uint32_t)stack_top);
	return at;
}

uint64_t fake_static_type(struct fake *fake, const char *name)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = object_of(fake, fake->python.base_type[LG_FAMILY_TYPE], l->type.heap_bytes);
	uint64_t text = fake_space(fake, strlen(name) + 1);

	memcpy(host(fake, text, strlen(name) + 1), name, strlen(name) + 1);
	fake_put64(fake, at + l->type.name, text);
	return at;
}

uint64_t fake_heap_type(struct fake *fake, const char *qualname, uint64_t dict)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t at = fake_static_type(fake, qualname);

	fake_put64(fake, at + l->type.flags,
		   1ULL << l->type.flag_heaptype_bit | 1ULL << l->type.flag_managed_dict_bit);
	fake_put64(fake, at + l->type.heap_qualname, fake_str(fake, qualname));
	fake_put64(fake, at + l->type.dict, dict);
	return at;
}

static void make_types(struct fake *fake)
{
	struct lg_python *p = &fake->python;
	const struct lg_layout *l = p->layout;
	const struct {
		enum lg_family family;
		const char *name;
		uint64_t bytes;
		uint32_t flag;
	} made[] = {
		{ LG_FAMILY_TYPE, "type", l->type.heap_bytes, l->type.flag_type_bit },
		{ LG_FAMILY_DICT, "dict", l->dict.bytes, l->type.flag_dict_bit },
		{ LG_FAMILY_STR, "str", 80, l->type.flag_unicode_bit },
		{ LG_FAMILY_BYTES, "bytes", 33, l->type.flag_bytes_bit },
		{ LG_FAMILY_TUPLE, "tuple", 24, l->type.flag_tuple_bit },
		{ LG_FAMILY_LONG, "int", 24, l->type.flag_long_bit },
		{ LG_FAMILY_SET, "set", l->set.bytes, 0 },
		{ LG_FAMILY_FUNCTION, "function", l->function.bytes, 0 },
		{ LG_FAMILY_MODULE, "module", 56, 0 },
		{ LG_FAMILY_CODE, "code", l->code.code_adaptive, 0 },
		{ LG_FAMILY_GENERATOR, "generator", l->generator.iframe + l->frame.localsplus, 0 },
	};

	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		uint64_t at = fake_static_type(fake, made[i].name);

		if (made[i].family == LG_FAMILY_TYPE)
			fake_put64(fake, at + l->object.type, at);
		p->base_type[made[i].family] = at;
		fake_put64(fake, at + l->type.basicsize, made[i].bytes);
		fake_put64(fake, at + l->type.flags, made[i].flag ? 1ULL << made[i].flag : 0);
	}
}

static void make_interpreter(struct fake *fake)
{
	const struct lg_layout *l = fake->python.layout;
	uint64_t interpreter = fake_space(fake, 65536);
	uint64_t gc = interpreter + l->interpreter.gc;

	fake->python.runtime = fake_space(fake, 256);
	fake->thread = fake_space(fake, l->thread.bytes);
	fake->cframe = fake_space(fake, 32);
	fake_put64(fake, fake->python.runtime + l->runtime.interpreters_head, interpreter);
	fake_put64(fake, fake->python.runtime + l->runtime.interpreters_main, interpreter);
	fake_put64(fake, fake->python.runtime + l->runtime.main_thread, 0x1000);
	fake_put64(fake, interpreter + l->interpreter.threads_head, fake->thread);
	fake_put64(fake, interpreter + l->interpreter.modules, fake_dict(fake, false, NULL, 0));
	fake_put64(fake, fake->thread + l->thread.interp, interpreter);
	fake_put64(fake, fake->thread + l->thread.thread_id, 0x1000);
	fake_put64(fake, fake->thread + l->thread.cframe, fake->cframe);
	for (uint32_t i = 0; i <= l->gc.generation_count; i++) {
		uint64_t head = gc + (i < l->gc.generation_count ?
					      l->gc.generation0 + i * l->gc.generation_bytes :
					      l->gc.permanent);

		fake_put64(fake, head, head);
		fake_put64(fake, head + 8, head);
	}
	fake->python.interpreter = interpreter;
	fake->python.interpreters[0] = interpreter;
	fake->python.interpreter_count = 1;
}

void fake_static_types(struct fake *fake, uint64_t states)
{
	static const enum lg_family family[] = { LG_FAMILY_DICT, LG_FAMILY_TYPE, LG_FAMILY_CODE,
						 LG_FAMILY_SET };
	const struct lg_layout *l = fake->python.layout;

	for (uint32_t i = 0; i < 4; i++) {
		uint64_t type = fake->python.base_type[family[i]];

		fake_put64(fake, type + l->type.subclasses, i + 1);
		fake_put64(fake, states + i * l->static_type.bytes + l->static_type.type, type);
	}
}

struct fake *fake_new(void)
{
	struct fake *fake = calloc(1, sizeof *fake);

	/* An endless chain followed without end is a failure. Criterion's own timeouts leak memory. */
	alarm(60);
	fake->bytes = calloc(1, FAKE_BYTES);
	fake->memory = (struct lg_memory){ .read = read_fake, .context = fake };
	fake->python.memory = &fake->memory;
	fake->python.layout = lg_layout_find(0x030b02f0);
	fake->strings = lg_intern_new();
	make_types(fake);
	make_interpreter(fake);
	return fake;
}

void fake_free(struct fake *fake)
{
	lg_intern_free(fake->strings);
	free(fake->bytes);
	free(fake);
}

const char *fake_string(struct fake *fake, struct lg_strings *strings, uint32_t number)
{
	static char text[1024];
	struct lg_error err = { 0 };

	if (!strings->offset)
		cr_assert_eq(lg_intern_finish(fake->strings, strings, &err), LG_OK);
	cr_assert_lt(number, strings->count);
	snprintf(text, sizeof text, "%.*s",
		 (int)(strings->offset[number + 1] - strings->offset[number]),
		 strings->bytes + strings->offset[number]);
	return text;
}
