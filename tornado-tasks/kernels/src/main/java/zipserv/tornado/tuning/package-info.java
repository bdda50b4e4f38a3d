/**
 * How products are cut on the GPU at hand: plans that were measured there, kept in a file of the user's cache.
 * {@link zipserv.tornado.tuning.PlanBook} is what an engine asks.
 */
package zipserv.tornado.tuning;
