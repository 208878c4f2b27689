/*
 * Health: whether the programs run, and whether they can work. No table.
 */
#include "db.h"
#include "request.h"

static const char READY[] = "SELECT '{\"status\":\"ready\"}'";

/* A program answers: that is all a supervisor wants to know. */
static void health(struct request *req)
{
    respond_json(req, 200, "{\"status\":\"ok\"}");
}

/* Ready is who can reach the database too: what a load balancer wants to know. */
static void ready(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, READY));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/health", ANYONE, health},
    {"GET", "/v1/ready", ANYONE, ready},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
