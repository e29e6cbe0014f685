/* The Model Context Protocol: what mcp.c, which speaks it, has of mcp_tools.c, which knows the tools and resources. */
#ifndef SIPCODES_MCP_H
#define SIPCODES_MCP_H

#include "service/api/api.h"

/* The outcome of a method: a result, or an error by its name in the labels' group "mcp". */
struct mcp_outcome {
	json_t *result;
	int code;          /* of the error, 0: none */
	const char *error; /* names the text */
	const char *name;  /* what the text speaks of; borrowed */
	json_t *data;      /* of the error, or NULL */
};

enum {
	MCP_PARSE_ERROR = -32700,
	MCP_INVALID_REQUEST = -32600,
	MCP_METHOD_NOT_FOUND = -32601,
	MCP_INVALID_PARAMS = -32602,
	MCP_INTERNAL_ERROR = -32603,
	MCP_RESOURCE_NOT_FOUND = -32002, /* until 2025-11-25; MCP_INVALID_PARAMS since */
	MCP_HEADER_MISMATCH = -32020,
	MCP_UNSUPPORTED_VERSION = -32022,
};

typedef void mcp_method(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome);

mcp_method mcp_list_tools;
mcp_method mcp_call_tool;
mcp_method mcp_list_resources;
mcp_method mcp_list_templates;
mcp_method mcp_read_resource;

/* A member that is a string without a NUL, else NULL. */
const char *mcp_string(const json_t *object, const char *name);

/* Leaves an error; name and data may be NULL, and the reference to data is taken. */
void mcp_fail(struct mcp_outcome *outcome, int code, const char *error, const char *name, json_t *data);

#endif
