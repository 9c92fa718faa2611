/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpython/object.h"
#include "cpython/roots.h"
#include "target/process_memory.h"

/*
 * The readers on a live process, asleep while it is read, which says itself
 * what is right: one line "kind name value" each, then "ready".
 */
static const char program[] =
	"import sys, threading, time, collections\n"
	"def say(*words): print(*words, flush=True)\n"
	"class Handler:\n"
	"    def serve(self, session):\n"
	"        enclosed = [1]\n"
	"        def use(): return enclosed\n"
	"        say('local', 'session', id(session))\n"
	"        say('cell', 'enclosed', id(use.__closure__[0]))\n"
	"        started.set(); time.sleep(1000)\n" /* line 9 */
	"started = threading.Event()\n"
	"session = object()\n"
	"worker = threading.Thread(target=Handler().serve, args=(session,), name='worker-3', daemon=True)\n"
	"worker.start(); started.wait()\n"
	"say('ident', 'worker-3', worker.ident)\n"
	"say('native', 'worker-3', worker.native_id)\n"
	"say('type', '__main__.Handler', id(Handler))\n"
	"say('type', 'collections.OrderedDict', id(collections.OrderedDict))\n"
	"say('type', 'builtins.dict', id(dict))\n"
	"say('type', 'types.SimpleNamespace', id(type(sys.implementation)))\n"
	"say('deque', '-', id(collections.deque))\n"
	"say('module', '__main__', id(sys.modules['__main__']))\n"
	"say('module', 'threading', id(threading))\n"
	"say('hex', '-', sys.hexversion)\n"
	"say('ready', '-', 0)\n"
	"time.sleep(1000)\n";

struct target {
	pid_t pid;
	FILE *output;
	struct lg_memory memory;
	struct lg_maps maps;
	struct lg_python python;
	struct lg_intern *intern;
	struct lg_strings strings;
	struct lg_root_set roots;
	char said[64][2][64];
	unsigned long long value[64];
	size_t count;
};

static void start(struct target *t, const char *interpreter)
{
	int pipes[2];

	alarm(120);
	cr_assert_eq(pipe(pipes), 0);
	t->pid = fork();
	if (t->pid == 0) {
		dup2(pipes[1], 1);
		execl(interpreter, interpreter, "-c", program, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	t->output = fdopen(pipes[0], "r");
	while (t->count < 64 && fscanf(t->output, "%63s %63s %llu", t->said[t->count][0],
				       t->said[t->count][1], &t->value[t->count]) == 3) {
		if (!strcmp(t->said[t->count][0], "ready"))
			break;
		t->count++;
	}
	cr_assert_gt(t->count, 10, "%s did not start", interpreter);
	usleep(50000); /* both threads into their sleep */
}

static void inspect(struct target *t)
{
	struct lg_error err = { 0 };

	t->memory = lg_process_memory(t->pid);
	cr_assert_eq(lg_maps_read(t->pid, &t->maps, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_python_find(&t->memory, &t->maps, &t->python, &err), LG_OK, "%s", err.text);
	t->intern = lg_intern_new();
	cr_assert_eq(lg_roots_collect(&t->python, t->intern, &t->roots, &err), LG_OK, "%s", err.text);
}

static void stop(struct target *t)
{
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	fclose(t->output);
	lg_root_set_free(&t->roots);
	lg_maps_free(&t->maps);
	lg_intern_free(t->intern);
	free(t->strings.offset);
	free(t->strings.bytes);
}

static bool is(struct target *t, uint32_t string, const char *text)
{
	struct lg_error err;

	if (!t->strings.offset)
		cr_assert_eq(lg_intern_finish(t->intern, &t->strings, &err), LG_OK);
	return t->strings.offset[string + 1] - t->strings.offset[string] == strlen(text) &&
	       !memcmp(t->strings.bytes + t->strings.offset[string], text, strlen(text));
}

static const struct lg_pseudo *find_worker(struct target *t, size_t *index)
{
	for (size_t i = 0; i < t->roots.pseudo_count; i++)
		if (t->roots.pseudo[i].is_thread &&
		    is(t, t->roots.pseudo[i].thread.name, "worker-3")) {
			*index = i;
			return &t->roots.pseudo[i];
		}
	cr_assert_fail("no thread worker-3");
	return NULL;
}

static bool held(struct target *t, uint8_t kind, const char *name, uint64_t address)
{
	for (size_t i = 0; i < t->roots.held_count; i++)
		if (t->roots.held[i].kind == kind && t->roots.held[i].address == address &&
		    is(t, t->roots.held[i].name, name))
			return true;
	return false;
}

static bool rooted(struct target *t, const char *name, uint64_t address)
{
	for (size_t i = 0; i < t->roots.root_count; i++)
		if (t->roots.root[i].kind == LG_ROOT_MODULE && t->roots.root[i].address == address &&
		    is(t, t->roots.root[i].name, name))
			return true;
	return false;
}

static void check_said(struct target *t, const char *kind, const char *name,
		       unsigned long long value)
{
	size_t index;
	const struct lg_pseudo *worker = find_worker(t, &index);

	/* A frame that is a Python object has its variables itself. */
	if (t->roots.object_frame_count && (!strcmp(kind, "local") || !strcmp(kind, "cell")))
		return;
	if (!strcmp(kind, "local"))
		cr_expect(held(t, LG_REF_LOCAL, name, value), "no local %s", name);
	else if (!strcmp(kind, "cell"))
		cr_expect(held(t, LG_REF_CELL, name, value), "no cell %s", name);
	else if (!strcmp(kind, "ident"))
		cr_expect_eq(worker->thread.ident, value);
	else if (!strcmp(kind, "native"))
		cr_expect_eq(worker->thread.native_id, value);
	else if (!strcmp(kind, "module"))
		cr_expect(rooted(t, name, value), "no module %s", name);
	else if (!strcmp(kind, "deque"))
		cr_expect_eq(t->python.base_type[LG_FAMILY_DEQUE], value);
	else if (!strcmp(kind, "hex"))
		cr_expect_eq(t->python.version_hex, value);
}

/* The worker's innermost frame: a pseudo object, or a Python object where frames are such. */
static const struct lg_frame *innermost(struct target *t, size_t worker)
{
	const struct lg_root_set *roots = &t->roots;

	for (size_t i = 0; i < roots->pseudo_count; i++)
		if (!roots->pseudo[i].is_thread && roots->pseudo[i].frame.thread == worker &&
		    roots->pseudo[i].frame.depth == 0)
			return &roots->pseudo[i].frame;
	for (size_t i = 0; i < roots->object_frame_count; i++)
		if (roots->object_frame[i].frame.thread == worker &&
		    roots->object_frame[i].frame.depth == 0)
			return &roots->object_frame[i].frame;
	cr_assert_fail("worker-3 has no frame");
	return NULL;
}

static void check_frames(struct target *t)
{
	const struct lg_frame *frame;
	size_t worker;

	find_worker(t, &worker);
	frame = innermost(t, worker);
	/* Code objects have no qualified name before 3.11. */
	cr_expect(is(t, frame->function,
		     t->roots.object_frame_count ? "serve" : "Handler.serve"));
	cr_expect(is(t, frame->file, "<string>"));
	cr_expect_eq(frame->line, 9, "line %u", frame->line);
}

static void check_type(struct target *t, const char *name, uint64_t type)
{
	struct lg_error err = { 0 };
	struct lg_intern *intern = lg_intern_new();
	struct lg_strings strings;
	uint32_t module, qualname;
	char found[256];

	cr_assert_eq(lg_python_type_name(&t->python, type, intern, &module, &qualname, &err), LG_OK);
	cr_assert_eq(lg_intern_finish(intern, &strings, &err), LG_OK);
	snprintf(found, sizeof found, "%.*s.%.*s",
		 (int)(strings.offset[module + 1] - strings.offset[module]),
		 strings.bytes + strings.offset[module],
		 (int)(strings.offset[qualname + 1] - strings.offset[qualname]),
		 strings.bytes + strings.offset[qualname]);
	cr_expect_str_eq(found, name);
	free(strings.offset);
	free(strings.bytes);
	lg_intern_free(intern);
}

static void check_interpreter(const char *interpreter)
{
	struct target *t = calloc(1, sizeof *t);

	start(t, interpreter);
	inspect(t);
	check_frames(t);
	for (size_t i = 0; i < t->count; i++) {
		check_said(t, t->said[i][0], t->said[i][1], t->value[i]);
		if (!strcmp(t->said[i][0], "type"))
			check_type(t, t->said[i][1], t->value[i]);
	}
	cr_expect_gt(lg_peek(&t->python, t->python.interned[0] + t->python.layout->dict.used), 1000,
		     "the interned strings");
	cr_expect_eq(t->python.gc_list_count, 4);
	stop(t);
	free(t);
}

Test(live, reads_what_the_process_says)
{
	const char *list = getenv("LEAKGRAPH_PYTHONS");
	char *copy = strdup(list && *list ? list : "/usr/bin/python3.11"), *rest = copy, *one;

	while ((one = strsep(&rest, ":")))
		check_interpreter(one);
	free(copy);
}

Test(live, what_is_no_python_is_refused)
{
	struct lg_memory memory = lg_process_memory(getpid());
	struct lg_python python;
	struct lg_maps maps;
	struct lg_error err = { 0 };

	cr_assert_eq(lg_maps_read(getpid(), &maps, &err), LG_OK);
	cr_expect_eq(lg_python_find(&memory, &maps, &python, &err), LG_E_ATTACH);
	cr_expect_str_eq(err.text,
			 "not a Python process: none of its images holds a CPython interpreter");
	lg_maps_free(&maps);
}
