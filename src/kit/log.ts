/** The log: JSON lines on standard error, so that standard output stays for what a command answers. */
import pino from "pino";

export type Log = pino.Logger;

export const newLog = (level: string): Log => pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));

export const silent: Log = pino({ level: "silent" });
