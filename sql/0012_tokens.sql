-- What every program asks the Registry of an access token whose signature holds: whether its
-- session still lives, and what its bearer may do by now.

GRANT USAGE ON SCHEMA registry TO vendas_products, vendas_catalog;

CREATE FUNCTION registry.live_identity(p_session uuid, p_user uuid, p_scope text,
    OUT role text, OUT scope text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    SELECT u.role, registry.permissions_of(u.role) INTO role, scope
      FROM registry.sessions s JOIN registry.users u ON u.id = s.user_id
     WHERE s.id = p_session AND u.id = p_user AND s.ended_at IS NULL AND s.expires_at > now();
    IF NOT FOUND AND p_session = p_user THEN
        -- A service account. Its token may have been asked for with fewer permissions than the
        -- account has, and must not gain any by being looked up.
        SELECT 'service', coalesce(string_agg(permission, ' ' ORDER BY permission), '')
          INTO role, scope
          FROM registry.service_accounts a
          LEFT JOIN unnest(string_to_array(p_scope, ' ')) AS permission ON permission = ANY (a.scopes)
         WHERE a.id = p_user AND a.disabled_at IS NULL
         GROUP BY a.id;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.live_identity(uuid, uuid, text) IS
    'Published to every service: the present role and permissions of who bears a token with this session (sid), user (sub) and scope. Nulls: the session has ended, the user or the service account is gone.';

REVOKE EXECUTE ON FUNCTION registry.live_identity(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.live_identity(uuid, uuid, text)
    TO vendas_registry, vendas_products, vendas_sales, vendas_catalog;
