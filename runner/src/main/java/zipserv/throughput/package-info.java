/** How fast an engine reads prompts and writes tokens, and whether it always writes the same ones. */
package zipserv.throughput;
