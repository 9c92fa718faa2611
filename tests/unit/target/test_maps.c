/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target/maps.h"

static const char sample[] =
	"00400000-00401000 r--p 00000000 fe:01 12 /usr/bin/a program\n"
	"00401000-00500000 r-xp 00001000 fe:01 12                         /usr/bin/a program\n"
	"7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
	"7ffd00000000-7ffd00021000 rw-s 00000000 00:00 0                          [stack]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

Test(maps, fields)
{
	struct lg_maps maps;
	struct lg_error err = {0};

	cr_assert_eq(lg_maps_parse(strdup(sample), &maps, &err), LG_OK, "%s", err.text);
	cr_assert_eq(maps.count, 5);
	cr_assert_eq(maps.map[1].start, 0x401000);
	cr_assert_eq(maps.map[1].end, 0x500000);
	cr_assert_eq(maps.map[1].offset, 0x1000);
	cr_assert_eq(maps.map[1].inode, 12);
	cr_assert(maps.map[1].readable && !maps.map[1].writable && maps.map[1].executable);
	cr_assert_str_eq(maps.map[0].path, "/usr/bin/a program");
	cr_assert_str_eq(maps.map[1].path, "/usr/bin/a program");
	cr_assert_str_eq(maps.map[2].path, "");
	cr_assert(maps.map[3].writable && !maps.map[3].executable);
	cr_assert_eq(maps.map[4].start, 0xffffffffff600000);
	cr_assert(!maps.map[4].readable);
	lg_maps_free(&maps);
}

Test(maps, find)
{
	struct lg_maps maps;

	cr_assert_eq(lg_maps_parse(strdup(sample), &maps, NULL), LG_OK);
	cr_assert_eq(lg_maps_find(&maps, 0x400000), &maps.map[0]);
	cr_assert_eq(lg_maps_find(&maps, 0x400fff), &maps.map[0]);
	cr_assert_eq(lg_maps_find(&maps, 0x401000), &maps.map[1]);
	cr_assert_null(lg_maps_find(&maps, 0x3fffff));
	cr_assert_null(lg_maps_find(&maps, 0x500000));
	cr_assert_null(lg_maps_find(&maps, UINT64_MAX));
	cr_assert_eq(lg_maps_find(&maps, 0xffffffffff600010), &maps.map[4]);
	lg_maps_free(&maps);
	cr_assert_null(lg_maps_find(&maps, 0x400000));
}

static void refused(const char *text, const char *message)
{
	struct lg_error err = {0};
	struct lg_maps maps;

	cr_assert_eq(lg_maps_parse(strdup(text), &maps, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
	cr_assert_null(maps.map);
}

Test(maps, refusals)
{
	refused("hello\n", "maps, line 1: 'hello' is not an ascending mapping");
	refused("2000-1000 r--p 0 0:0 0\n",
		"maps, line 1: '2000-1000 r--p 0 0:0 0' is not an ascending mapping");
	refused("1000-3000 r--p 0 0:0 0\n2000-4000 r--p 0 0:0 0\n",
		"maps, line 2: '2000-4000 r--p 0 0:0 0' is not an ascending mapping");
	refused("1000-2000 r--p 0 0:0",
		"maps, line 1: '1000-2000 r--p 0 0:0' is not an ascending mapping");
}

Test(maps, own)
{
	const struct lg_map *map;
	struct lg_error err = {0};
	struct lg_maps maps;
	int local;

	cr_assert_eq(lg_maps_read(getpid(), &maps, &err), LG_OK, "%s", err.text);
	map = lg_maps_find(&maps, (uintptr_t)&local);
	cr_assert_not_null(map);
	cr_assert_str_eq(map->path, "[stack]");
	map = lg_maps_find(&maps, (uintptr_t)lg_maps_find);
	cr_assert(map && map->executable);
	lg_maps_free(&maps);
}

Test(maps, gone)
{
	struct lg_error err = {0};
	struct lg_maps maps;

	cr_assert_eq(lg_maps_read(0x7ffffff0, &maps, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, "/proc/2147483632/maps: No such file or directory");
}
