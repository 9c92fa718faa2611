/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_ROWS_H
#define LG_CLI_ROWS_H

#include "cli.h"
#include "screen.h"

/* How the rows of a query are printed, as they come. */

/*
 * Rows of a table are laid out by the first of them, which are held until there are
 * enough, or the end. Zero-initialise all but format and screen; released by
 * row_printer_close().
 */
struct row_printer {
	enum row_format format;
	struct screen screen;
	uint64_t rows; /* that have come */
	size_t columns;
	char **name;       /* columns */
	struct cell *held; /* of a table: rows * columns */
	size_t held_rows;
	struct layout *layout; /* columns; NULL: not laid out yet */
};

struct lg_rows row_printer_rows(struct row_printer *printer);
/* Print what is held of a statement that did not come to its end. */
void row_printer_flush(struct row_printer *printer);
void row_printer_close(struct row_printer *printer);

#endif
