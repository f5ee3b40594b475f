package org.stoneware.tomcat;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.login.LoginContext;
import org.apache.catalina.realm.GenericPrincipal;
import org.ietf.jgss.GSSCredential;
import org.jspecify.annotations.Nullable;

/** What of a logged-in user leaves this Tomcat: everything but the password, which Tomcat 9 keeps with the principal. */
final class SharedPrincipal {
    private static final Class<?>[] PARTS = {
        String.class, List.class, Principal.class, LoginContext.class, GSSCredential.class, Map.class
    };

    /** Constructor that takes a password behind the name; null where principals have none. */
    private static final @Nullable MethodHandle WITH_PASSWORD = constructorWithPassword(PARTS);

    /** The same of a Tomcat whose principals have no attributes yet. */
    private static final @Nullable MethodHandle OLD_WITH_PASSWORD = constructorWithPassword(String.class, List.class);

    private SharedPrincipal() {}

    private static @Nullable MethodHandle constructorWithPassword(Class<?>... others) {
        List<Class<?>> types = new ArrayList<>(Arrays.asList(others));
        types.add(1, String.class);
        try {
            return MethodHandles.publicLookup()
                    .findConstructor(GenericPrincipal.class, MethodType.methodType(void.class, types));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return null;
        }
    }

    /** The same user without a password. A principal of another class is its realm's own affair. */
    static Principal of(Principal principal) {
        if (principal.getClass() != GenericPrincipal.class) {
            return principal;
        }
        GenericPrincipal user = (GenericPrincipal) principal;
        try {
            if (WITH_PASSWORD != null) {
                return copyOf(user, WITH_PASSWORD);
            } else if (OLD_WITH_PASSWORD != null) {
                return (Principal) OLD_WITH_PASSWORD.invoke(user.getName(), (String) null, List.of(user.getRoles()));
            }
            return principal;
        } catch (Throwable e) {
            // Better without the user than with the password.
            throw new IllegalStateException("principal can't be copied: " + e, e);
        }
    }

    private static Principal copyOf(GenericPrincipal user, MethodHandle constructor) throws Throwable {
        Principal inside = user.getUserPrincipal();
        Map<String, Object> attributes = new HashMap<>();
        user.getAttributeNames().asIterator().forEachRemaining(name -> attributes.put(name, user.getAttribute(name)));
        return (Principal) constructor.invoke(
                user.getName(),
                (String) null,
                List.of(user.getRoles()),
                inside == user ? null : inside,
                (LoginContext) null,
                (GSSCredential) null,
                attributes);
    }
}
