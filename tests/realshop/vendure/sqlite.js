// The part of better-sqlite3's interface that TypeORM calls, on sql.js (SQLite as WebAssembly). better-sqlite3 itself
// has to be compiled where its prebuilt binary cannot be fetched; this needs nothing but the npm registry. Statements
// run synchronously and report the row id of their own insert, as better-sqlite3 does, so that simultaneous requests
// interleave at the same points. The file is read at opening; `save` writes it back.
const fs = require('node:fs');
const initSqlJs = require('sql.js');

class Statement {
    constructor(db, sql) {
        this.db = db;
        this.sql = sql;
        const probe = db.prepare(sql);
        try {
            this.reader = probe.getColumnNames().length > 0;
        } finally {
            probe.free();
        }
    }

    all(...parameters) {
        const statement = this.db.prepare(this.sql);
        try {
            statement.bind(parameters.map(value => (value === undefined ? null : value)));
            const rows = [];
            while (statement.step()) {
                rows.push(statement.getAsObject());
            }
            return rows;
        } finally {
            statement.free();
        }
    }

    run(...parameters) {
        this.all(...parameters);
        const changes = this.db.getRowsModified();
        const [{ values }] = this.db.exec('SELECT last_insert_rowid()');
        return { changes, lastInsertRowid: values[0][0] };
    }
}

/** A class that can stand where TypeORM expects the better-sqlite3 module. */
async function sqliteDriver() {
    const SQL = await initSqlJs();

    return class Database {
        constructor(path) {
            this.path = path;
            this.db = fs.existsSync(path) ? new SQL.Database(fs.readFileSync(path)) : new SQL.Database();
        }

        prepare(sql) {
            return new Statement(this.db, sql);
        }

        pragma(text) {
            return this.prepare(`PRAGMA ${text}`).all();
        }

        exec(sql) {
            this.db.exec(sql);
            return this;
        }

        function(name, options, implementation) {
            this.db.create_function(name, implementation || options);
            return this;
        }

        save() {
            fs.writeFileSync(this.path, this.db.export());
        }

        close() {
            this.db.close();
        }
    };
}

module.exports = { sqliteDriver };
