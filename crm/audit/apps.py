from django.apps import AppConfig
from django.db.backends.signals import connection_created

from crm.common.retention import register_prune
from crm.common.triggers import register


class AuditConfig(AppConfig):
    name = "crm.audit"

    def ready(self) -> None:
        from crm.audit import acting, noting, retention

        register_prune("changes of records, after three years", retention.prune)
        connection_created.connect(acting.tell_database)
        register(self, *noting.all_sets())
