package org.stoneware.config.selfcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Finds components that should be alive and are not. One without its required configuration was not chosen, which is no problem. */
final class ComponentCheck {
    private static final int MAX_REASON = 300;
    private static final Pattern FRAME = Pattern.compile("^(at |\\.\\.\\. ).*");

    private ComponentCheck() {}

    static List<String> problems(ServiceComponentRuntime runtime) {
        List<String> problems = new ArrayList<>();
        for (ComponentDescriptionDTO description : runtime.getComponentDescriptionDTOs()) {
            if (runtime.isComponentEnabled(description)) {
                for (ComponentConfigurationDTO configuration : runtime.getComponentConfigurationDTOs(description)) {
                    addProblems(problems, description, configuration);
                }
            }
        }
        return problems;
    }

    private static void addProblems(
            List<String> problems, ComponentDescriptionDTO description, ComponentConfigurationDTO configuration) {
        String who = "component " + description.name + " (bundle " + description.bundle.symbolicName + ")";
        if (configuration.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
            problems.add(who + " failed to activate: " + reason(configuration.failure));
        } else if (configuration.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
            for (UnsatisfiedReferenceDTO reference : configuration.unsatisfiedReferences) {
                problems.add(who + " waits for " + describe(description, reference));
            }
        }
    }

    private static String describe(ComponentDescriptionDTO description, UnsatisfiedReferenceDTO unsatisfied) {
        String type = "a service";
        for (ReferenceDTO reference : description.references) {
            if (reference.name.equals(unsatisfied.name)) {
                type = reference.interfaceName;
            }
        }
        String target = unsatisfied.target == null ? "" : " with " + unsatisfied.target;
        return "reference '" + unsatisfied.name + "': no " + type + target + " is registered";
    }

    /** First and last cause of a stack trace in one line. */
    static String reason(@Nullable String failure) {
        if (failure == null || failure.isBlank()) {
            return "no reason given";
        }
        String first = "";
        String last = "";
        for (String line : failure.split("\\R")) {
            String text = line.strip();
            if (text.isEmpty() || FRAME.matcher(text).matches()) {
                continue;
            }
            if (first.isEmpty()) {
                first = text;
            } else if (text.startsWith("Caused by: ")) {
                last = text;
            }
        }
        String reason = last.isEmpty()
                ? first
                : first + "; " + last.substring(0, 1).toLowerCase(Locale.ROOT) + last.substring(1);
        return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "...";
    }
}
