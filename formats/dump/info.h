/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_INFO_H
#define LG_DUMP_INFO_H

#include "formats/dump/frame.h"

/*
 * Decode the section "info" of a verified file, if it has one. Its texts are
 * looked up among the snapshot's strings, which are complete by now, and
 * added where they are new. O(strings).
 */
enum lg_status lg_decode_info(const struct lg_frame_index *frame, struct lg_snapshot *out,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
