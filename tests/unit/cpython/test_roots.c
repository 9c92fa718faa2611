/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cpython/object.h"
#include "tests/unit/cpython/fake_python.h"

static struct lg_error err;

/* A collection in a fake process, with its strings at hand. */
struct collected {
	struct lg_root_set set;
	struct lg_strings strings;
	struct fake *fake;
};

static void collect(struct fake *fake, struct collected *out)
{
	*out = (struct collected){ .fake = fake };
	cr_assert_eq(lg_roots_collect(&fake->python, fake->strings, &out->set, &err), LG_OK, "%s",
		     err.text);
}

static void release(struct collected *c)
{
	lg_root_set_free(&c->set);
	free(c->strings.offset);
	free(c->strings.bytes);
	fake_free(c->fake);
}

static const char *string(struct collected *c, uint32_t number)
{
	return fake_string(c->fake, &c->strings, number);
}

static const struct lg_root_address *find_root(struct collected *c, uint8_t kind, const char *name)
{
	for (size_t i = 0; i < c->set.root_count; i++)
		if (c->set.root[i].kind == kind && !strcmp(string(c, c->set.root[i].name), name))
			return &c->set.root[i];
	return NULL;
}

static const struct lg_held *find_held(struct collected *c, uint32_t pseudo, uint64_t address)
{
	for (size_t i = 0; i < c->set.held_count; i++)
		if (c->set.held[i].pseudo == pseudo && c->set.held[i].address == address)
			return &c->set.held[i];
	return NULL;
}

static void expect_held(struct collected *c, uint32_t pseudo, uint64_t address, uint8_t kind,
			const char *name)
{
	const struct lg_held *held = find_held(c, pseudo, address);

	cr_assert(held, "%s is not held by %u", name, pseudo);
	cr_expect_eq(held->kind, kind, "%s: kind %d", name, held->kind);
	cr_expect_str_eq(string(c, held->name), name);
}

static uint64_t module(struct fake *fake, const char *name)
{
	uint64_t at = fake_object(fake, LG_FAMILY_MODULE, 56);

	fake_put64(fake, at + fake->python.layout->module.name, fake_str(fake, name));
	fake_put64(fake, at + fake->python.layout->module.dict, fake_dict(fake, false, NULL, 0));
	return at;
}

static void set_modules(struct fake *fake, const uint64_t *pairs, uint64_t count)
{
	fake_put64(fake, fake->python.interpreter + fake->python.layout->interpreter.modules,
		   fake_dict(fake, false, pairs, count));
}

Test(roots, modules_once_each_by_their_own_name)
{
	struct fake *fake = fake_new();
	struct collected c;
	uint64_t app, path, lazy = fake_str(fake, "not a module");
	size_t modules = 0;

	app = module(fake, "app.cache");
	path = module(fake, "posixpath");
	fake->python.none = fake_object(fake, LG_FAMILY_STR, 16);
	set_modules(fake, (uint64_t[]){ fake_str(fake, "os.path"), path,
					fake_str(fake, "app.cache"), app,
					fake_str(fake, "posixpath"), path,
					fake_str(fake, "lazy"), lazy,
					fake_str(fake, "wild"), 0x1230,
					fake_str(fake, "banned"), fake->python.none }, 6);
	collect(fake, &c);
	for (size_t i = 0; i < c.set.root_count; i++)
		modules += c.set.root[i].kind == LG_ROOT_MODULE;
	cr_expect_eq(modules, 3, "%zu modules", modules);
	cr_expect_eq(find_root(&c, LG_ROOT_MODULE, "app.cache")->address, app);
	cr_expect_eq(find_root(&c, LG_ROOT_MODULE, "posixpath")->address, path);
	cr_expect_eq(find_root(&c, LG_ROOT_MODULE, "lazy")->address, lazy);
	release(&c);
}

Test(roots, interpreter_tables_and_atexit)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t hooks = fake_str(fake, "hooks"), function = fake_str(fake, "f");
	uint64_t callback = fake_space(fake, 24), callbacks = fake_space(fake, 16);
	struct collected c;

	fake_put64(fake, fake->python.interpreter + 3552, hooks);
	fake_put64(fake, callback, function);
	fake_put64(fake, callback + 8, 0x8);
	fake_put64(fake, callbacks + 8, callback);
	fake_put64(fake, fake->python.interpreter + l->interpreter.atexit_callbacks, callbacks);
	fake_put32(fake, fake->python.interpreter + l->interpreter.atexit_count, 2);
	collect(fake, &c);
	cr_assert(find_root(&c, LG_ROOT_INTERPRETER, "audit hooks"));
	cr_expect_eq(find_root(&c, LG_ROOT_INTERPRETER, "audit hooks")->address, hooks);
	cr_assert(find_root(&c, LG_ROOT_INTERPRETER, "atexit"));
	cr_expect_eq(find_root(&c, LG_ROOT_INTERPRETER, "atexit")->address, function);
	cr_assert(find_root(&c, LG_ROOT_INTERPRETER, "sys.modules"));
	release(&c);
}

Test(roots, atexit_with_a_lying_count)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	struct collected c;

	fake_put64(fake, fake->python.interpreter + l->interpreter.atexit_callbacks, FAKE_BASE);
	fake_put32(fake, fake->python.interpreter + l->interpreter.atexit_count, UINT32_MAX);
	collect(fake, &c);
	cr_expect_null(find_root(&c, LG_ROOT_INTERPRETER, "atexit"));
	cr_expect_lt(fake->reads, 10000, "%lu reads", fake->reads);
	release(&c);
}

static const char *const names[] = { "session", "handler" };
static const uint8_t kinds[] = { 0x20, 0x80 };

static uint64_t put_local(struct fake *fake, uint64_t frame, uint32_t i, const char *text)
{
	uint64_t value = fake_str(fake, text);

	fake_put64(fake, frame + fake->python.layout->frame.localsplus + 8 * i, value);
	return value;
}

Test(roots, thread_with_frames_locals_and_stack)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t code = fake_code(fake, "App.serve", names, kinds, 2, 3);
	uint64_t outer = fake_frame(fake, code, 0, 4), inner = fake_frame(fake, code, outer, -1);
	uint64_t local = put_local(fake, inner, 0, "a"), cell = put_local(fake, inner, 1, "b");
	uint64_t unsure = put_local(fake, inner, 2, "c"), context = fake_str(fake, "context");
	uint64_t pushed = put_local(fake, outer, 3, "d"), stale = put_local(fake, outer, 4, "e");
	struct collected c;

	fake_put64(fake, fake->cframe + l->cframe.current_frame, inner);
	fake_put64(fake, fake->thread + l->thread.context, context);
	collect(fake, &c);
	cr_assert_eq(c.set.pseudo_count, 3);
	cr_expect(c.set.pseudo[0].is_thread);
	cr_expect_str_eq(string(&c, c.set.pseudo[0].thread.name), "MainThread");
	cr_expect_eq(find_root(&c, LG_ROOT_THREAD, "MainThread")->address, fake->thread);
	cr_expect_str_eq(string(&c, c.set.pseudo[1].frame.function), "App.serve");
	cr_expect_str_eq(string(&c, c.set.pseudo[1].frame.file), "app.py");
	cr_expect_eq(c.set.pseudo[1].frame.line, 12, "line %u", c.set.pseudo[1].frame.line);
	cr_expect_eq(c.set.pseudo[2].frame.depth, 1);
	cr_expect_eq(c.set.pseudo[1].frame.thread, 0);
	cr_expect_null(find_held(&c, 0, inner), "a frame is no object");
	expect_held(&c, 0, context, LG_REF_OTHER, "context");
	expect_held(&c, 1, code, LG_REF_OTHER, "code");
	expect_held(&c, 1, local, LG_REF_LOCAL, "session");
	expect_held(&c, 1, cell, LG_REF_CELL, "handler");
	expect_held(&c, 2, pushed, LG_REF_OTHER, "evaluation stack");
	cr_expect_null(find_held(&c, 2, stale), "above the top of a stack that is known");
	cr_expect_null(find_held(&c, 1, unsure), "a running frame's stack is only a guess");
	cr_assert_eq(c.set.maybe_count, 1);
	cr_expect_eq(c.set.maybe[0].address, unsure);
	cr_expect_eq(c.set.maybe[0].frame, 0);
	release(&c);
}

/* A frame of 3.14: the depth of its stack is a pointer, and words say whether they count. */
Test(roots, tagged_words_of_a_frame)
{
	struct fake *fake = fake_new();
	struct lg_layout layout = *fake->python.layout;
	uint64_t code = fake_code(fake, "f", names, kinds, 2, 3), frame = fake_frame(fake, code, 0, -1);
	uint64_t first = frame + layout.frame.localsplus + LG_WORD_BYTES, own, lent, immortal, pushed;
	struct collected c;

	layout.frame.stackpointer = layout.frame.stacktop;
	layout.frame.localsplus += LG_WORD_BYTES;
	layout.frame.owner = layout.frame.stacktop + LG_WORD_BYTES;
	layout.frame.tag_bits = layout.frame.tag_number = 3;
	layout.frame.tag_borrowed = 1;
	layout.object.flag_bits = 32;
	fake->python.layout = &layout;
	own = put_local(fake, frame, 0, "own");
	lent = put_local(fake, frame, 1, "lent");
	pushed = put_local(fake, frame, 2, "pushed");
	immortal = put_local(fake, frame, 3, "immortal");
	/* The upper half of a refcount's word are flags. */
	fake_put64(fake, own + layout.object.refcount, 7ULL << 48 | 1);
	fake_put64(fake, immortal + layout.object.refcount, 1ULL << 48 | layout.object.immortal_refcount);
	fake_put64(fake, first + 8, lent | 1);
	fake_put64(fake, first + 24, immortal | 1);
	fake_put64(fake, first + 32, pushed | 3);
	fake_put64(fake, frame + layout.frame.stackpointer, first + 40);
	fake_put64(fake, frame + layout.frame.code, code | 1);
	fake_put64(fake, fake->cframe + layout.cframe.current_frame, frame);
	collect(fake, &c);
	cr_assert_eq(c.set.pseudo_count, 2);
	cr_expect_str_eq(string(&c, c.set.pseudo[1].frame.function), "f");
	expect_held(&c, 1, own, LG_REF_LOCAL, "session");
	expect_held(&c, 1, lent, LG_REF_WEAK, "handler");
	expect_held(&c, 1, pushed, LG_REF_OTHER, "evaluation stack");
	expect_held(&c, 1, immortal, LG_REF_OTHER, "evaluation stack");
	expect_held(&c, 1, code, LG_REF_WEAK, "code");
	cr_expect_eq(c.set.held_count, 5, "a number is no reference: %zu", c.set.held_count);
	cr_expect_eq(c.set.maybe_count, 0);
	release(&c);
}

Test(roots, frame_of_a_generator_gives_what_its_traverse_leaves_out)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t code = fake_code(fake, "stream", names, kinds, 2, 0);
	uint64_t waiting = fake_frame(fake, code, 0, 2), running = fake_frame(fake, code, waiting, -1);
	uint64_t known = put_local(fake, waiting, 0, "a"), open = put_local(fake, running, 0, "b");
	struct collected c;

	fake_put8(fake, waiting + l->frame.owner, l->frame.owner_generator);
	fake_put8(fake, running + l->frame.owner, l->frame.owner_generator);
	fake_put64(fake, fake->cframe + l->cframe.current_frame, running);
	collect(fake, &c);
	expect_held(&c, 1, open, LG_REF_LOCAL, "session");
	cr_expect_null(find_held(&c, 1, code));
	cr_expect_null(find_held(&c, 2, known));
	cr_expect_null(find_held(&c, 2, code));
	release(&c);
}

Test(roots, chain_of_frames_that_bites_its_tail)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t code = fake_code(fake, "f", names, kinds, 2, 0), last = 0, first = 0;
	struct collected c;

	for (int i = 0; i < 100; i++) {
		last = fake_frame(fake, code, last, 2);
		first = first ? first : last;
	}
	fake_put64(fake, first + l->frame.previous, last);
	fake_put64(fake, fake->cframe + l->cframe.current_frame, last);
	collect(fake, &c);
	cr_expect_geq(c.set.pseudo_count, 101);
	cr_expect_leq(c.set.pseudo_count, 512, "%zu", c.set.pseudo_count);
	release(&c);
}

Test(roots, wild_frames_and_code_end_the_chain)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t code = fake_code(fake, "f", names, kinds, 2, 0);
	uint64_t odd = fake_frame(fake, fake_str(fake, "no code"), 0, 2);
	struct collected c;

	fake_put64(fake, fake->cframe + l->cframe.current_frame, fake_frame(fake, code, odd, 2));
	collect(fake, &c);
	cr_expect_eq(c.set.pseudo_count, 2, "%zu", c.set.pseudo_count);
	lg_root_set_free(&c.set);
	fake_put64(fake, fake->cframe + l->cframe.current_frame, 0x1238);
	collect(fake, &c);
	cr_expect_eq(c.set.pseudo_count, 1);
	lg_root_set_free(&c.set);
	fake_put64(fake, fake->thread + l->thread.cframe, 0xffffffffffffff00);
	collect(fake, &c);
	cr_expect_eq(c.set.pseudo_count, 1);
	release(&c);
}

Test(roots, code_that_lies_about_its_locals)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t code = fake_code(fake, "f", names, kinds, 2, 0);
	uint64_t frame = fake_frame(fake, code, 0, INT32_MAX);
	struct collected c;

	put_local(fake, frame, 0, "x");
	fake_put32(fake, code + l->code.nlocalsplus, UINT32_MAX);
	fake_put32(fake, code + l->code.stacksize, UINT32_MAX);
	fake_put64(fake, fake->cframe + l->cframe.current_frame, frame);
	collect(fake, &c);
	cr_expect_eq(c.set.pseudo_count, 2);
	cr_expect_eq(c.set.maybe_count, 0);
	lg_root_set_free(&c.set);
	/* Names of another count than values: values without names. */
	fake_put32(fake, code + l->code.nlocalsplus, 1);
	collect(fake, &c);
	cr_expect_eq(c.set.pseudo_count, 2);
	release(&c);
}

Test(roots, threads_by_the_names_of_threading)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t second = fake_space(fake, l->thread.bytes), third = fake_space(fake, l->thread.bytes);
	uint64_t threading = module(fake, "threading"), object = fake_space(fake, 64) + 32;
	uint64_t name[] = { fake_str(fake, "_name"), fake_str(fake, "worker-3") };
	uint64_t ident = 0x7f50d85786c0, active, attributes = fake_dict(fake, false, name, 1);
	struct collected c;

	fake_put64(fake, object + l->object.refcount, 1);
	fake_put64(fake, object + l->object.type, fake_heap_type(fake, "Thread", 0));
	fake_put64(fake, object - l->managed.dict_before, attributes);
	active = fake_dict(fake, true, (uint64_t[]){ fake_int(fake, ident), object }, 1);
	fake_put64(fake, threading + l->module.dict,
		   fake_dict(fake, false, (uint64_t[]){ fake_str(fake, "_active"), active }, 1));
	set_modules(fake, (uint64_t[]){ fake_str(fake, "threading"), threading }, 1);
	fake_put64(fake, fake->thread + l->thread.next, second);
	fake_put64(fake, second + l->thread.interp, fake->python.interpreter);
	fake_put64(fake, second + l->thread.thread_id, ident);
	fake_put64(fake, second + l->thread.native_thread_id, 4711);
	fake_put64(fake, second + l->thread.next, third);
	fake_put64(fake, third + l->thread.interp, fake->python.interpreter);
	fake_put64(fake, third + l->thread.thread_id, 0xabc);
	fake_put64(fake, third + l->thread.next, second);
	collect(fake, &c);
	cr_assert_geq(c.set.pseudo_count, 3);
	cr_expect_leq(c.set.pseudo_count, 8, "a chain that bites its tail ends");
	cr_expect_str_eq(string(&c, c.set.pseudo[0].thread.name), "MainThread");
	cr_expect_str_eq(string(&c, c.set.pseudo[1].thread.name), "worker-3");
	cr_expect_eq(c.set.pseudo[1].thread.native_id, 4711);
	cr_expect_str_eq(string(&c, c.set.pseudo[2].thread.name), "0xabc");
	release(&c);
}
