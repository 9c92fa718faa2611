// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks a reader of Parquet: node parquet.mjs FOLDER_OF_MODULES READER <REQUESTS >ANSWERS, both JSON.
//   duckdb, clickhouse   requests are statements; the answer to one is {names, rows}, or {error}
//   hyparquet            requests are files; the answer to one is {metadata, rows}
// Integers come as strings of digits, so that none is rounded; dates as DuckDB and hyparquet write them.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, reader] = process.argv.slice(2);
const require = createRequire(modules + '/any.js');

function plain(key, value) {
    return typeof value === 'bigint' ? value.toString() : value;
}

async function duckdb(statements) {
    const { DuckDBInstance } = require('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', {
        threads: '2', memory_limit: '1GB',
        autoinstall_known_extensions: 'false', autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    const answers = [];
    for (const statement of statements) {
        try {
            const answer = await connection.runAndReadAll(statement);
            answers.push({ names: answer.columnNames(), rows: answer.getRowsJson() });
        } catch (error) {
            answers.push({ error: error.message });
        }
    }
    return answers;
}

async function hyparquet(files) {
    const { parquetMetadata, parquetReadObjects } = await import(pathToFileURL(modules + '/hyparquet/src/index.js'));
    const { compressors } = await import(pathToFileURL(modules + '/hyparquet-compressors/src/index.js'));
    const answers = [];
    for (const path of files) {
        const bytes = readFileSync(path);
        const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
        const metadata = parquetMetadata(file);
        answers.push({ metadata, rows: await parquetReadObjects({ file, metadata, compressors }) });
    }
    return answers;
}

async function clickhouse(statements) {
    const { query } = require('chdb');
    return statements.map(statement => {
        try {
            const answer = JSON.parse(query(statement, 'JSONCompact') || '{"meta": [], "data": []}');
            return { names: answer.meta.map(column => column.name), rows: answer.data };
        } catch (error) {
            return { error: error.message };
        }
    });
}

const answers = await ({ duckdb, hyparquet, clickhouse })[reader](JSON.parse(readFileSync(0)));
process.stdout.write(JSON.stringify(answers, plain));
