/* What can go wrong with a request. The texts are content: db/content/problems.json, by slug. */
#ifndef SIPCODES_PROBLEM_H
#define SIPCODES_PROBLEM_H

/* name, HTTP status, slug */
#define PROBLEMS(X)                                                                                                                                  \
	X(NONE, 200, "")                                                                                                                             \
	X(BAD_REQUEST, 400, "bad-request")                                                                                                           \
	X(INVALID_CODE, 400, "invalid-code")                                                                                                         \
	X(INVALID_PARAMETER, 400, "invalid-parameter")                                                                                               \
	X(UNKNOWN_LANGUAGE, 400, "unknown-language")                                                                                                 \
	X(QUERY_TOO_LONG, 400, "query-too-long")                                                                                                     \
	X(SAME_CODE, 400, "same-code")                                                                                                               \
	X(CODE_NOT_DEFINED, 404, "code-not-defined")                                                                                                 \
	X(INVALID_CONTENT, 400, "invalid-content")                                                                                                   \
	X(NOT_FOUND, 404, "not-found")                                                                                                               \
	X(METHOD_NOT_ALLOWED, 405, "method-not-allowed")                                                                                             \
	X(NOT_ACCEPTABLE, 406, "not-acceptable")                                                                                                     \
	X(CONTENT_TOO_LARGE, 413, "content-too-large")                                                                                               \
	X(URI_TOO_LONG, 414, "uri-too-long")                                                                                                         \
	X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type")                                                                                     \
	X(INTERNAL, 500, "internal")                                                                                                                 \
	X(UNAVAILABLE, 503, "unavailable")

#define PROBLEM_NAME(name, status, slug) PROBLEM_##name,
enum problem { PROBLEMS(PROBLEM_NAME) PROBLEM_COUNT };
#undef PROBLEM_NAME

struct problem_kind {
	unsigned int status;
	const char *slug;
};

/* By enum problem; the first one, PROBLEM_NONE, is none. */
extern const struct problem_kind problem_kinds[PROBLEM_COUNT];

#endif
